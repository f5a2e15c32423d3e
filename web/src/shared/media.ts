import { useEffect, useState } from 'react'

/** Whether the window is as a media query wants it, followed while it changes. */
export function useMedia(wanted: string): boolean {
  const [matches, setMatches] = useState(() => window.matchMedia(wanted).matches)
  useEffect(() => {
    const query = window.matchMedia(wanted)
    const follow = () => setMatches(query.matches)
    query.addEventListener('change', follow)
    return () => query.removeEventListener('change', follow)
  }, [wanted])
  return matches
}
