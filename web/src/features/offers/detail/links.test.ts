import { expect, test } from 'vitest'

import { imageAddress, shopAddress } from './links.ts'

test('a product is found in the shop of its platform', () => {
  expect(shopAddress('emag-ro', 'D33HD4MBM')).toBe('https://www.emag.ro/-/pd/D33HD4MBM/')
  expect(shopAddress('emag-hu', 'D33HD4MBM')).toBe('https://www.emag.hu/-/pd/D33HD4MBM/')
})

test.each([
  ['emag-ro', null],
  ['emag-ro', ''],
  ['emag-ro', '../x'],
  ['fd-ro', 'D33HD4MBM'],
  [undefined, 'D33HD4MBM'],
])('there is no link for platform %s and key %s', (platform, key) => {
  expect(shopAddress(platform, key)).toBeNull()
})

test('only images from https addresses are shown', () => {
  expect(imageAddress('https://x.example/1.png')).toBe('https://x.example/1.png')
  expect(imageAddress('http://x.example/1.png')).toBeNull()
  expect(imageAddress('javascript:alert(1)')).toBeNull()
  expect(imageAddress(null)).toBeNull()
})
