// Fails when the two languages do not have the same texts with the same values in them.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const SOURCE = new URL('../src', import.meta.url).pathname
// Romanian has one plural form more than English.
const PLURAL = /_(zero|one|two|few|many|other)$/

function texts(value, path = '') {
  if (typeof value === 'string') return [[path, value]]
  return Object.entries(value).flatMap(([key, inner]) => texts(inner, path ? `${path}.${key}` : key))
}

function values(text) {
  return [...text.matchAll(/{{\s*(\w+)/g)].map((match) => match[1]).sort()
}

function readTexts(file) {
  const found = new Map()
  for (const [key, text] of texts(JSON.parse(readFileSync(file, 'utf8')))) {
    const name = key.replace(PLURAL, '')
    const known = found.get(name) ?? []
    found.set(name, [...new Set([...known, ...values(text)])].sort())
  }
  return found
}

const problems = []
const folders = readdirSync(SOURCE, { recursive: true }).filter((name) => name.endsWith('i18n'))
for (const folder of folders) {
  const [ro, en] = ['ro', 'en'].map((language) => readTexts(join(SOURCE, folder, `${language}.json`)))
  for (const key of new Set([...ro.keys(), ...en.keys()])) {
    if (!ro.has(key) || !en.has(key))
      problems.push(`${folder}: ${key} is only in ${ro.has(key) ? 'ro' : 'en'}`)
    else if (ro.get(key).join() !== en.get(key).join())
      problems.push(`${folder}: ${key} has other values in ro and en`)
  }
}
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exit(1)
}
