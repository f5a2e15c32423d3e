import { createBrowserRouter, Navigate, type RouteObject } from 'react-router'

import { ROOT } from '../api/root.ts'
import { RouteFailed } from './RouteFailed.tsx'
import { Shell } from './Shell.tsx'

type PageModule = { default: React.ComponentType }

/** A page that is loaded when it is first opened. */
function page(path: string, load: () => Promise<PageModule>): RouteObject {
  return {
    path,
    errorElement: <RouteFailed />,
    lazy: async () => ({ Component: (await load()).default }),
  }
}

const routes: RouteObject[] = [
  {
    path: '/',
    element: <Shell />,
    errorElement: <RouteFailed />,
    hydrateFallbackElement: <div />,
    children: [
      page('', () => import('../features/home/HomePage.tsx')),
      page('sync', () => import('../features/sync/SyncPage.tsx')),
      page('offers', () => import('../features/offers/OffersPage.tsx')),
      page('edits/:section?', () => import('../features/edits/EditsPage.tsx')),
      page('history/sources', () => import('../features/sources/readings/ReadingsHistory.tsx')),
      page('history/:syncId?', () => import('../features/sync/history/HistoryPage.tsx')),
      page('settings/:section?', () => import('../features/settings/SettingsPage.tsx')),
      page('account', () => import('../features/identity/account/AccountPage.tsx')),
      page('docs', () => import('../features/settings/docs/DocsPage.tsx')),
      page('connect', () => import('../features/connect/ConnectPage.tsx')),
      // Where the first admin was made: from there one goes on.
      { path: 'setup', element: <Navigate to="/connect" replace /> },
      page('*', () => import('./NotFoundPage.tsx')),
    ],
  },
]

export const router = createBrowserRouter(routes, { basename: ROOT || '/' })
