import { formatMoney } from './format.ts'

/** An amount with two decimals, so that those of a column stand below each other; the exact one on hover. */
export function Money({ amount, currency }: { amount: string | null; currency: string | null }) {
  const short = formatMoney(amount, currency, undefined, 2)
  const exact = formatMoney(amount, currency)
  return <span title={exact === short ? undefined : exact}>{short}</span>
}
