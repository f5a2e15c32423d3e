import { useEffect, type ReactNode } from 'react'

interface Props {
  title: string
  /** One sentence about the page. */
  subtitle?: ReactNode
  /** Buttons at the end of the line. */
  actions?: ReactNode
}

/** A page's heading; also names the browser's tab. */
export function PageHeader({ title, subtitle, actions }: Props) {
  useEffect(() => {
    document.title = `${title} · emagsync`
  }, [title])
  return (
    <header className="page-header">
      <div>
        <h1>{title}</h1>
        {subtitle ? <p className="muted">{subtitle}</p> : null}
      </div>
      {actions ? <div className="page-actions">{actions}</div> : null}
    </header>
  )
}
