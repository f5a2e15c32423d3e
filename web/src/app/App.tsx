import { QueryClientProvider } from '@tanstack/react-query'
import { App as AntApp } from 'antd'
import { RouterProvider } from 'react-router'

import { SessionProvider } from '../features/identity/SessionProvider.tsx'
import { createQueryClient } from './query-client.ts'
import { router } from './routes.tsx'
import { ThemeProvider } from './theme.tsx'

const queryClient = createQueryClient()

export function App() {
  return (
    <ThemeProvider>
      <AntApp
        notification={{
          placement: 'bottomRight',
          maxCount: 3,
          duration: 8,
          showProgress: true,
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
