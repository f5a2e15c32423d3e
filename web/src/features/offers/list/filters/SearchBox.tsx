import { SearchOutlined } from '@ant-design/icons'
import { Input } from 'antd'
import { useEffect, useRef, useState } from 'react'

interface Props {
  value: string
  label: string
  maxLength: number
  onSearch: (text: string) => void
}

const WAIT = 300

/** A search field that searches when typing pauses, or at once on Enter. */
export function SearchBox({ value, label, maxLength, onSearch }: Props) {
  const [text, setText] = useState(value)
  // What was searched for last, and the value that was seen last: a value that comes from elsewhere, such as the
  // back button, replaces what is typed; the echo of our own search does not.
  const [sent, setSent] = useState(value)
  const [seen, setSeen] = useState(value)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])

  if (value !== seen) {
    setSeen(value)
    if (value !== sent) {
      setSent(value)
      setText(value)
    }
  }

  const search = (wanted: string): void => {
    clearTimeout(timer.current)
    setSent(wanted)
    onSearch(wanted)
  }

  return (
    <Input
      type="search"
      className="offers-search"
      aria-label={label}
      placeholder={label}
      prefix={<SearchOutlined aria-hidden />}
      allowClear
      maxLength={maxLength}
      value={text}
      onChange={(event) => {
        const typed = event.target.value
        setText(typed)
        clearTimeout(timer.current)
        timer.current = setTimeout(() => search(typed), WAIT)
      }}
      onPressEnter={() => search(text)}
    />
  )
}
