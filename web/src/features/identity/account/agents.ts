/** What a browser calls itself, in words that people know: `Firefox, Windows`. */

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Chrome|CriOS)\//, 'Chrome'],
  [/\bVersion\/\S+ .*Safari\//, 'Safari'],
]
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'Mac'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

const LONGEST = 40

export function agentName(agent: string | null): string | null {
  if (agent === null || agent.trim() === '') return null
  const names = [named(BROWSERS, agent), named(SYSTEMS, agent)].filter((name) => name !== null)
  return names.length > 0 ? names.join(', ') : (agent.split(' ')[0] ?? agent).slice(0, LONGEST)
}

function named(known: readonly (readonly [RegExp, string])[], agent: string): string | null {
  return known.find(([pattern]) => pattern.test(agent))?.[1] ?? null
}
