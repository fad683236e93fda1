// How long a mail can be taken back once it is sent, on this machine.

export const holds = [0, 5, 10, 20, 30] as const;
const key = "skein.hold";

/** In seconds. */
export function hold(): number {
  try {
    const n = Number(localStorage.getItem(key) ?? "10");
    return holds.find((h) => h === n) ?? 10;
  } catch {
    return 10;
  }
}

export function setHold(seconds: number): void {
  try {
    localStorage.setItem(key, String(seconds));
  } catch {
    // storage is forbidden: ten seconds it stays
  }
}
