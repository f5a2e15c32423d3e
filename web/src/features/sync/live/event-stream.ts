import { ROOT } from '../../../api/root.ts'
import type { Run } from '../runs.ts'

export interface Snapshot {
  running: Run[]
  recent: Run[]
}

interface Listener {
  onSnapshot: (snapshot: Snapshot) => void
  onRun: (run: Run) => void
  /** Whether events come now; without them somebody else has to look. */
  onConnection: (isConnected: boolean) => void
}

const EVENTS = `${ROOT}/api/v1/events`
const AGAIN_AFTER_MS = 5000

/**
 * Listens to the server's events until the returned function is called. The browser reconnects by itself and names
 * the last event that it saw; only when it has given up, as it does after a refusal, is a new connection made here.
 */
export function listen({ onSnapshot, onRun, onConnection }: Listener, source = EventSource): () => void {
  let stream: EventSource | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  function connect() {
    stream = new source(EVENTS)
    stream.onopen = () => onConnection(true)
    stream.onerror = () => {
      onConnection(false)
      if (stream?.readyState === source.CLOSED) timer = setTimeout(connect, AGAIN_AFTER_MS)
    }
    stream.addEventListener('snapshot', (event) => onSnapshot(JSON.parse(event.data as string) as Snapshot))
    for (const name of ['run', 'progress']) {
      stream.addEventListener(name, (event) => onRun(JSON.parse((event as MessageEvent<string>).data) as Run))
    }
  }

  connect()
  return () => {
    clearTimeout(timer)
    stream?.close()
  }
}
