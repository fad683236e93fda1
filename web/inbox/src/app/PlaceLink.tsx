import { useRouter } from "@tanstack/react-router";
import type { ReactNode, Ref } from "react";
import { Link } from "react-aria-components";

/** A link to a place of the app: a real address, opened in place by a plain click. */
export function PlaceLink({
  to,
  current,
  className,
  children,
  ref,
  replace = false,
  tabbable = true,
  onPress,
}: {
  to: string;
  current?: boolean;
  className?: string;
  children: ReactNode;
  ref?: Ref<HTMLAnchorElement>;
  replace?: boolean;
  tabbable?: boolean;
  onPress?: () => void;
}): ReactNode {
  const router = useRouter();
  return (
    <Link
      {...(ref ? { ref } : {})}
      href={to}
      {...(tabbable ? {} : { tabIndex: -1 })}
      {...(current === true ? { "aria-current": "page" as const } : {})}
      className={className ?? ""}
      {...(onPress ? { onPress } : {})}
      onClick={(e) => {
        if (e.metaKey || e.ctrlKey || e.shiftKey || e.button !== 0) return;
        e.preventDefault();
        if (replace) router.history.replace(to);
        else router.history.push(to);
      }}
    >
      {children}
    </Link>
  );
}
