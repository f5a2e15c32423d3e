import '@fontsource-variable/inter/wght.css'
import { StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'

import { App } from './app/App.tsx'
import { startI18n } from './shared/translations.ts'
import './app/page.css'

await startI18n()

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <Suspense>
      <App />
    </Suspense>
  </StrictMode>,
)
