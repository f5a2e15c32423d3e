import { QueryClientProvider } from '@tanstack/react-query'
import { App as AntApp } from 'antd'
import { RouterProvider } from 'react-router'

import { SessionProvider } from '../features/identity/SessionProvider.tsx'
import { useMedia } from '../shared/media.ts'
import { createQueryClient } from './query-client.ts'
import { router } from './routes.tsx'
import { STILL, ThemeProvider } from './theme.tsx'

/** Where what happened is told: in its own place above the content, which it covers nothing of. */
function noticesOf(): HTMLElement {
  return document.getElementById('notices') ?? document.body
}

const queryClient = createQueryClient()

export function App() {
  const isStill = useMedia(STILL)
  return (
    <ThemeProvider>
      <AntApp
        message={{ maxCount: 1, duration: 2.5 }}
        notification={{
          placement: 'topLeft',
          getContainer: noticesOf,
          stack: false,
          maxCount: 2,
          duration: 8,
          // A line that shrinks with every frame, which is not for those who asked for less that moves.
          showProgress: !isStill,
          pauseOnHover: true,
        }}
      >
        <QueryClientProvider client={queryClient}>
          <SessionProvider>
            <RouterProvider router={router} />
          </SessionProvider>
        </QueryClientProvider>
      </AntApp>
    </ThemeProvider>
  )
}
