import { describe, expect, test } from 'vitest'

import type { Look, Source } from '../queries.ts'
import {
  bodyOf,
  draftOf,
  loginWays,
  lookOf,
  mappingFaults,
  mappingOf,
  newDraft,
  possibleKeys,
  wayOf,
  type Draft,
} from './draft.ts'

const LOOK: Look = {
  format: 'csv',
  encoding: 'utf-8',
  separator: ';',
  row_path: null,
  sheet: null,
  headings: ['Cod', 'Articol', 'Stoc', 'Observatii'],
  columns: { Cod: 'part_number', Stoc: 'stock' },
  key: 'part_number',
  rows: [['F-1', 'CANA-05', '14', '']],
  bytes: 60,
  host_key: null,
  reason: null,
  values: {},
  message: null,
}

const SOURCE: Source = {
  id: 's1',
  name: 'ERP',
  kind: 'sftp',
  address: 'sftp://erp.example.com/stoc.csv',
  username: 'shop',
  has_password: true,
  has_private_key: false,
  header_names: [],
  host_key: null,
  account: 'main',
  format: { has_headings: true },
  columns: { Articol: 'part_number', Stoc: 'stock' },
  key: 'part_number',
  mode: 'direct',
  missing_means: 'stock_0',
  most_shrink_percent: 20,
  interval_minutes: 15,
  enabled: false,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  next_at: null,
  is_being_read: false,
  rows: 3,
  taken_in_at: null,
  failures: 0,
  last_reading: null,
}

const said = (corrections: Draft['corrections'], is_guessed = true) => ({ corrections, is_guessed })
const draft = { ...newDraft('main'), name: ' ERP ', address: ' https://erp.example.com/stoc.csv ' }

describe('the columns', () => {
  test('are as guessed, but for what people say instead', () => {
    const mapping = mappingOf(LOOK, said({ Cod: null, Articol: 'part_number', Gone: 'ean' }))
    expect([...mapping]).toEqual([
      ['Cod', null],
      ['Articol', 'part_number'],
      ['Stoc', 'stock'],
      ['Observatii', null],
    ])
    expect(mappingFaults(mapping)).toEqual([])
    expect(possibleKeys(mapping)).toEqual(['part_number'])
  })

  test('are not guessed anew once somebody has said which they are', () => {
    const mapping = mappingOf(LOOK, said({ Articol: 'part_number', Stoc: 'stock' }, false))
    expect(mapping.get('Cod')).toBeNull()
    expect(mappingFaults(mapping)).toEqual([])
  })

  test('have faults where no row could be read by them', () => {
    expect(mappingFaults(mappingOf(LOOK, said({ Cod: null })))).toEqual([{ code: 'no_key' }])
    expect(mappingFaults(mappingOf(LOOK, said({ Stoc: null })))).toEqual([{ code: 'no_value' }])
    expect(mappingFaults(mappingOf(LOOK, said({ Stoc: 'warehouse_id' })))).toEqual([{ code: 'no_value' }])
    expect(mappingFaults(mappingOf(LOOK, said({ Articol: 'part_number' })))).toEqual([
      { code: 'twice', field: 'part_number', headings: 'Cod, Articol' },
    ])
  })
})

describe('what is sent', () => {
  test('has the columns that were shown, and texts without what surrounds them', () => {
    expect(bodyOf({ ...draft, corrections: { Observatii: 'ean' }, key: 'ean' }, LOOK)).toMatchObject({
      name: 'ERP',
      address: 'https://erp.example.com/stoc.csv',
      login: null,
      columns: { Cod: 'part_number', Stoc: 'stock', Observatii: 'ean' },
      key: 'ean',
      mode: 'preview',
      interval_minutes: 60,
    })
  })

  test('has no key that no column is of', () => {
    expect(bodyOf({ ...draft, key: 'ean' }, LOOK).key).toBeNull()
  })

  test('has no address and no schedule of a file that is sent here, and guesses without a sample', () => {
    const body = bodyOf({ ...draft, kind: 'upload', login_way: 'password', password: 'x' }, null)
    expect(body).toMatchObject({ address: null, login: null, columns: null, interval_minutes: null })
    expect(lookOf({ ...draft, kind: 'upload' }, null)).toBeNull()
  })

  test('keeps the stored login and columns of a source that is changed otherwise', () => {
    const body = bodyOf({ ...draftOf(SOURCE), name: 'Depozit' }, null)
    expect(body).not.toHaveProperty('login')
    expect(body).toMatchObject({
      name: 'Depozit',
      columns: SOURCE.columns,
      key: 'part_number',
      mode: 'direct',
      missing_means: 'stock_0',
      most_shrink_percent: 20,
      interval_minutes: 15,
      enabled: false,
    })
    expect(lookOf(draftOf(SOURCE), 's1')).toMatchObject({ source_id: 's1' })
    expect(lookOf(draftOf(SOURCE), 's1')).not.toHaveProperty('login')
  })

  test.each([
    ['password', { username: 'u', password: 'p' }],
    ['key', { username: 'u', private_key: 'k' }],
  ] as const)('has the login by %s of SFTP, and the key that the server showed', (login_way, login) => {
    const asked = {
      ...draft,
      kind: 'sftp' as const,
      login_way,
      username: ' u ',
      password: 'p',
      private_key: 'k',
    }
    const body = bodyOf(asked, { ...LOOK, host_key: 'ssh-ed25519 AAAA' })
    expect(body).toMatchObject({ login, host_key: 'ssh-ed25519 AAAA' })
  })

  test('has the login of the first way where the chosen one is none of that kind of server', () => {
    const asked = {
      ...draft,
      kind: 'sftp' as const,
      login_way: 'none' as const,
      username: 'u',
      password: 'p',
    }
    expect(bodyOf(asked, null).login).toEqual({ username: 'u', password: 'p' })
    expect(wayOf({ kind: 'folder', login_way: 'kept' })).toBeNull()
  })

  test('has a header where the server wants one', () => {
    const asked = { ...draft, login_way: 'header' as const, header_value: 'Bearer abc' }
    expect(bodyOf(asked, null).login).toEqual({ headers: { Authorization: 'Bearer abc' } })
  })
})

test('a login is asked for where a server can ask for one', () => {
  expect(loginWays('folder', true)).toEqual([])
  expect(loginWays('sftp', false)).toEqual(['password', 'key'])
  expect(loginWays('https', true)[0]).toBe('kept')
})
