import type { Page } from '@playwright/test'

/** Texts that are cut off, or hang out of the element that holds them; and what makes the page wider than its window. */
export function cutOff(page: Page, width: number): Promise<string[]> {
  return page.evaluate((isWide) => {
    const told = (element: Element): string =>
      `${element.tagName} ${element.className.toString().slice(0, 60)}: ${(element.textContent ?? '').slice(0, 60)}`
    const isText = (element: Element): boolean =>
      [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim())
    // A switch hides the word of its other state; what scrolls by design is raw data and, on a phone, tabs.
    const meant = '.visually-hidden, .ant-switch, .payload, pre, textarea, svg, .skip-link'
    const found = [...document.querySelectorAll('#root *, .ant-drawer *')]
      .filter((element) => element.closest(meant) === null && element.clientWidth > 0)
      .filter((element) => isText(element) || (isWide && element.matches('.data-table-frame')))
      .filter((element) => !getComputedStyle(element).display.startsWith('inline '))
      .filter((element) => element.scrollWidth > element.clientWidth + 1)
      .map(told)
    const wider = document.documentElement.scrollWidth - window.innerWidth
    return wider > 0 ? [...found, `the page is ${wider} px wider than its window`] : found
  }, width >= 1024)
}
