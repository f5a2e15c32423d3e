"""What all REST endpoints share: who calls, problem answers, cursors, the audit log, and the guards around them."""
