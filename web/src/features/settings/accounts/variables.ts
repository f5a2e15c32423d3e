/** The variables that every account of the environment has. Whether others are set is known to the server alone. */
export function variablesOf(account: string): string[] {
  return ['USERNAME', 'PASSWORD'].map((part) => `EMAG_${account.toUpperCase()}_${part}`)
}
