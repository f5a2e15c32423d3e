import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

import { licencesOf, type LockFile } from '../../../../scripts/licences.mjs'
import listed from './licences.json'

test('the list of licences is that of the packages in the lock file: npm run licences', () => {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as LockFile
  expect(listed).toEqual(licencesOf(lock))
})

test('every package of the page names its licence', () => {
  expect(listed.filter((one) => one.licence === '')).toEqual([])
})
