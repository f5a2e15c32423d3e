// Writes the packages that the page is built from, with their licences, for the page's "About": `npm run licences`.
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const LOCK = new URL('../package-lock.json', import.meta.url)
const LIST = new URL('../src/features/settings/about/licences.json', import.meta.url)

/** Name, version and licence of every package in the lock file that is not only for development. */
export function licencesOf(lock) {
  return Object.entries(lock.packages)
    .filter(
      ([path, entry]) => path !== '' && !entry.dev && !entry.optional && !entry.devOptional && !entry.peer,
    )
    .map(([path, entry]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: entry.version,
      licence: entry.license ?? '',
    }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const list = licencesOf(JSON.parse(readFileSync(LOCK, 'utf8')))
  writeFileSync(LIST, `${JSON.stringify(list, null, 2)}\n`)
}
