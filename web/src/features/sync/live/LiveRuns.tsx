import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'

import { listen } from './event-stream.ts'
import { fetchStatus, STATUS_KEY } from '../queries.ts'
import { endedBetween, statusOf, withRun, type Status } from '../runs.ts'
import { useNotifyEnd } from './useNotifyEnd.tsx'

const POLL_MS = 3000

/**
 * Keeps what is known about runs fresh on every page, and tells when one ends: by the server's events, and by asking
 * every few seconds while those do not come. Draws nothing.
 */
export default function LiveRuns() {
  const client = useQueryClient()
  const [isConnected, setConnected] = useState(false)
  const { data: status } = useQuery({
    queryKey: STATUS_KEY,
    queryFn: fetchStatus,
    staleTime: Infinity,
    refetchInterval: isConnected ? false : POLL_MS,
  })

  useEffect(
    () =>
      listen({
        onConnection: setConnected,
        onSnapshot: ({ running, recent }) => client.setQueryData(STATUS_KEY, statusOf(running, recent)),
        onRun: (run) =>
          client.setQueryData<Status>(STATUS_KEY, (known) => withRun(known ?? statusOf([], []), run)),
      }),
    [client],
  )

  const notify = useNotifyEnd()
  const before = useRef<Status | undefined>(undefined)
  useEffect(() => {
    if (status === undefined) return
    const ended = endedBetween(before.current, status)
    before.current = status
    if (ended.length === 0) return
    ended.forEach(notify)
    // What the page shows of offers and history may be old now.
    void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== STATUS_KEY[0] })
  }, [status, client, notify])

  return null
}
