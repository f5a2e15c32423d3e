import { readFileSync } from 'node:fs'

import { expect, it } from 'vitest'

import { LONGEST_PASSWORD, SHORTEST_PASSWORD } from './passwords.ts'

interface Document {
  components: {
    schemas: Record<string, { properties: Record<string, { minLength?: number; maxLength?: number }> }>
  }
}

it('asks for passwords as long as the server does', () => {
  const document = JSON.parse(readFileSync('src/api/openapi.json', 'utf8')) as Document
  const rule = document.components.schemas.PasswordChange?.properties.new_password
  expect(rule).toMatchObject({ minLength: SHORTEST_PASSWORD, maxLength: LONGEST_PASSWORD })
})
