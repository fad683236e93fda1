import type { ReactNode } from "react";

export function Logo({ size = 24 }: { size?: number }): ReactNode {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="shrink-0">
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <path
        d="M22 10.5c-1.6-2-8.6-2.9-11 .2-2.6 3.6 2 5 5 5.500 3.400.600 7.300 1.800 5 5.300-2.200 3.100-9.400 2.300-11.200-.200"
        fill="none"
        className="stroke-on-accent"
        strokeWidth="2.600"
        strokeLinecap="round"
      />
    </svg>
  );
}
