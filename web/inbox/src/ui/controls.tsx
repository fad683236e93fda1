// The small controls that everything is made of.

import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import {
  Button as AriaButton,
  Tooltip as AriaTooltip,
  TooltipTrigger,
  type ButtonProps as AriaButtonProps,
  type Key,
} from "react-aria-components";
import { Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { useWords } from "../words/language";

const mac = typeof navigator !== "undefined" && /Mac OS|iPhone|iPad/.test(navigator.userAgent);

/** The modifier key of this machine, as ARIA names it. */
export const modKey = mac ? "Meta" : "Control";

export function Kbd({ keys }: { keys: string }): ReactNode {
  const w = useWords().terms;
  return (
    <span aria-hidden="true" className="ms-auto flex items-center gap-0.5 ps-3">
      {keys.split(" ").map((k) => (
        <kbd
          key={k}
          className="flex h-[18px] min-w-[18px] items-center justify-center rounded border border-current/35 px-1 font-sans text-[11px] leading-none opacity-80"
        >
          {k === "Mod" ? (mac ? "⌘" : w.ctrl) : k === "Enter" ? "↵" : k === "Escape" ? w.escape : /^[A-Z]$/u.test(k) ? `⇧${k.toLowerCase()}` : k}
        </kbd>
      ))}
    </span>
  );
}

export function Tip({
  children,
  words,
  keys,
  placement = "bottom",
}: {
  children: ReactNode;
  words: ReactNode;
  keys?: string | undefined;
  placement?: "top" | "bottom" | "start" | "end" | "right";
}): ReactNode {
  return (
    <TooltipTrigger delay={350} closeDelay={60}>
      {children}
      <AriaTooltip
        placement={placement}
        offset={6}
        className="floats z-50 flex max-w-72 items-center rounded-md bg-raised px-2 py-1 text-xs text-text shadow-float"
      >
        <span>{words}</span>
        {keys !== undefined && <Kbd keys={keys} />}
      </AriaTooltip>
    </TooltipTrigger>
  );
}

type Look = "solid" | "plain" | "outline" | "bad";

const looks: Record<Look, string> = {
  solid: "bg-accent text-on-accent data-[hovered]:bg-accent-hover font-medium",
  plain: "text-secondary data-[hovered]:bg-hover data-[hovered]:text-text",
  outline: "border border-line-strong text-text data-[hovered]:bg-hover bg-surface",
  bad: "border border-line-strong text-red-text data-[hovered]:bg-red-soft bg-surface font-medium",
};

export function Button({
  look = "plain",
  className = "",
  ...props
}: Omit<AriaButtonProps, "className"> & { look?: Look; className?: string }): ReactNode {
  return (
    <AriaButton
      {...props}
      className={`inline-flex h-8 shrink-0 items-center gap-1.5 rounded-md px-2.5 text-sm whitespace-nowrap transition-colors duration-75 data-[disabled]:opacity-50 data-[pressed]:opacity-85 max-md:h-11 ${looks[look]} ${className}`}
    />
  );
}

export function IconButton({
  icon: Icon,
  label,
  keys,
  pressed,
  className = "",
  placement,
  ...props
}: Omit<AriaButtonProps, "className" | "children"> & {
  icon: LucideIcon;
  label: string;
  keys?: string;
  pressed?: boolean;
  className?: string;
  placement?: "top" | "bottom" | "start" | "end" | "right";
}): ReactNode {
  return (
    <Tip words={label} keys={keys} {...(placement ? { placement } : {})}>
      <AriaButton
        {...props}
        aria-label={label}
        {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
        className={`inline-flex size-8 shrink-0 items-center justify-center rounded-md text-muted transition-colors duration-75 data-[disabled]:opacity-50 data-[hovered]:bg-hover data-[hovered]:text-text data-[pressed]:opacity-85 max-md:size-11 ${pressed === true ? "bg-selected text-accent-text" : ""} ${className}`}
      >
        <Icon size={16} strokeWidth={1.75} aria-hidden="true" />
      </AriaButton>
    </Tip>
  );
}

export interface Choice {
  readonly id: string;
  readonly words: string;
  readonly detail?: string | undefined;
  readonly icon?: LucideIcon | undefined;
  readonly keys?: string | undefined;
  readonly selected?: boolean | undefined;
}

/** A button that opens a menu of choices. */
export function MenuButton({
  children,
  label,
  choices,
  onChoose,
  isOpen,
  onOpenChange,
  placement = "bottom end",
}: {
  children: ReactNode;
  label: string;
  choices: readonly Choice[];
  onChoose: (id: string) => void;
  isOpen?: boolean;
  onOpenChange?: (open: boolean) => void;
  placement?: "bottom end" | "bottom start" | "top end" | "top start" | "right bottom";
}): ReactNode {
  const w = useWords().terms;
  return (
    <MenuTrigger {...(isOpen === undefined ? {} : { isOpen })} {...(onOpenChange ? { onOpenChange } : {})}>
      {children}
      <Popover
        placement={placement}
        offset={4}
        className="floats z-40 max-h-[min(420px,80vh)] min-w-52 overflow-auto rounded-md bg-raised p-1 shadow-float"
      >
        <Menu aria-label={label} className="outline-none" onAction={(k: Key) => onChoose(String(k))}>
          {choices.map((c) => (
            <MenuItem
              key={c.id}
              id={c.id}
              textValue={c.words}
              className="flex min-h-8 items-center gap-2 rounded px-2 py-1 text-sm text-text outline-none data-[focused]:bg-hover data-[focus-visible]:outline-offset-[-2px] max-md:min-h-11"
            >
              {c.icon && <c.icon size={16} strokeWidth={1.75} className="shrink-0 text-muted" aria-hidden="true" />}
              <span className="min-w-0 flex-1">
                <span className={`block truncate ${c.selected === true ? "font-medium text-accent-text" : ""}`}>{c.words}</span>
                {c.detail !== undefined && c.detail !== "" && <span className="block truncate text-xs text-muted">{c.detail}</span>}
              </span>
              {c.selected === true && <span className="sr-only">{w.current}</span>}
              {c.keys !== undefined && c.keys !== "" && <Kbd keys={c.keys} />}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

export function Chip({
  children,
  tone = "quiet",
}: {
  children: ReactNode;
  tone?: "quiet" | "amber" | "red" | "violet" | "accent";
}): ReactNode {
  const tones = {
    quiet: "bg-hover text-secondary",
    amber: "bg-amber-soft text-amber-text",
    red: "bg-red-soft text-red-text",
    violet: "bg-violet-soft text-violet-text",
    accent: "bg-accent-soft text-accent-text",
  };
  return (
    <span className={`-my-0.5 inline-flex h-5 shrink-0 items-center gap-1 rounded px-1.5 text-xs whitespace-nowrap ${tones[tone]}`}>
      {children}
    </span>
  );
}

export function Avatar({ name, size = 28, ours = false }: { name: string; size?: number; ours?: boolean }): ReactNode {
  return (
    <span
      aria-hidden="true"
      data-initials={name}
      className={`inline-flex shrink-0 items-center justify-center rounded-full font-medium select-none before:content-[attr(data-initials)] ${ours ? "bg-accent-soft text-accent-text" : "bg-hover text-secondary"}`}
      style={{ width: size, height: size, fontSize: Math.round(size * 0.38) }}
    />
  );
}

/** What went wrong, what was kept, what to do. */
export function Trouble({ words, kept, retry }: { words: string; kept?: string; retry?: () => void }): ReactNode {
  const w = useWords().terms;
  return (
    <div role="alert" className="flex flex-col items-center gap-2 px-6 py-10 text-center">
      <p className="text-sm font-medium">{words}</p>
      {kept !== undefined && <p className="max-w-80 text-sm text-muted">{kept}</p>}
      {retry && (
        <Button look="outline" className="mt-2" onPress={retry}>
          {w.tryAgain}
        </Button>
      )}
    </div>
  );
}
