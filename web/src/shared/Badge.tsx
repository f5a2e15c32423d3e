import type { ReactNode } from 'react'

import './badge.css'

export type Tone = 'good' | 'bad' | 'warning' | 'plain' | 'busy'

/** A word with a colour. A plain element: a table has hundreds of them. */
export function Badge({ tone, icon, children }: { tone: Tone; icon?: ReactNode; children: ReactNode }) {
  return (
    <span className={`badge badge-${tone}`}>
      {icon}
      {children}
    </span>
  )
}
