import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

const SOURCE = new URL('..', import.meta.url).pathname
// The client puts the path of the proxy in front of these itself, and the types are no calls.
const BY_THE_CLIENT = /(\.(GET|POST|PUT|PATCH|DELETE)\(\s*|paths\[)(['"`])\/api\//g
const OF_ITS_OWN = /(['"`])\/(api|health|openapi\.json|icon\.svg|assets)\b|location\.origin(?!\))/

test('no address of the server is named without the path below which a proxy serves it', () => {
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.|^api\//.test(name))
    .map((name) => [name, readFileSync(join(SOURCE, name), 'utf8').replace(BY_THE_CLIENT, '')] as const)
  expect(files.length).toBeGreaterThan(100)
  expect(files.filter(([, text]) => OF_ITS_OWN.test(text)).map(([name]) => name)).toEqual([])
})
