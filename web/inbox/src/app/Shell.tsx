// The frame: navigation, list, conversation, customer. It decides which panes
// stand side by side and binds the keys that hold everywhere.

import { useRouter } from "@tanstack/react-router";
import { Suspense, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { keyOf, press, type Pending } from "../keys";
import { useGo, useList, usePlace } from "../navigate";
import { at, placeOf, viewWord } from "../place";
import { useCalls } from "../calls";
import { useConversation, useCounts, useMe, useTally, useTasks } from "../data";
import { live, whereabouts } from "../runtime";
import { myId } from "../session";
import { filterOf } from "../place";
import { undoLast, useSignal } from "../ui/signals";
import { useAfterPaint } from "../ui/afterpaint";
import { runCommand, useCommand, useMedia, useRemembered } from "../ui/hooks";
import { later, lazy, loadAhead } from "../ui/later";
import { aside, beginning, elsewhere } from "../draft";
import { BottomBar } from "./BottomBar";
import { NothingOpen, Opening } from "./Blank";
import { ListPane } from "./List";
import { Nav } from "./Nav";
import { Notices, OfflineBar } from "./Notices";

// What shows a conversation comes once the list is drawn, and at once where the address names one.
const conversationPane = later(() => import("./Conversation").then((m) => m.ConversationPane));
if (placeOf(location.pathname, location.search)?.open) conversationPane.load();

// The customer stands beside a conversation: what the list alone shows doesn't wait for it.
const DockedPanel = lazy(() => import("./Panel").then((m) => ({ default: m.DockedPanel })));
const PanelDrawer = lazy(() => import("./Panel").then((m) => ({ default: m.PanelDrawer })));
const CallPops = lazy(() => import("./CallPop"));
const Help = lazy(() => import("./Help"));
const ListsDialog = lazy(() => import("./ListsDialog"));
const mentioned = filterOf(at("mentions"));

const NewConversation = lazy(() => import("./NewConversation"));

const typing = "input, textarea, select, [contenteditable='true'], [contenteditable='']";
const ownKeys = "[role='dialog'], [role='menu'], [role='listbox']";

/** Runs what the keys are bound to, wherever nobody writes. */
export function useKeys(): void {
  const pending = useRef<Pending | null>(null);
  useEffect(() => {
    const onKey = (e: KeyboardEvent): void => {
      const t = e.target instanceof Element ? e.target : document.body;
      if (e.defaultPrevented || e.isComposing || (e.repeat && !["j", "k", "J", "K"].includes(e.key))) return;
      const inside = t.closest(ownKeys);
      // What is on its way out has no keys any more: the next one belongs to the page.
      const own = inside?.closest("[data-exiting]") ? null : inside;
      // The key that opened the customer drawer closes it.
      const panel = e.key === keyOf("panel") && own?.hasAttribute("data-panel") === true;
      if (t.closest(typing) || (own && !panel)) return;
      if (e.key === "Enter" && t.closest("a, button, [role='button'], [role='separator']")) return;
      const got = press(pending.current, e, Date.now());
      pending.current = got.pending;
      if (got.command && runCommand(got.command)) e.preventDefault();
      else if (got.pending) e.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

export function Shell(): ReactNode {
  const place = usePlace();
  const list = useList(place);
  const go = useGo();
  const { me } = useMe();
  const counts = useCounts();
  const mentions = useTally(mentioned, me !== undefined);
  const wide = useMedia("(min-width: 1280px)");
  const narrow = useMedia("(max-width: 767px)");
  const [listWidth, setListWidth] = useRemembered("skein.width.list", 360);
  const [panelWidth, setPanelWidth] = useRemembered("skein.width.panel", 320);
  const [panelHidden, setPanelHidden] = useRemembered("skein.panel.hidden", 2);
  const [drawer, setDrawer] = useState(false);
  const [help, setHelp] = useState(false);
  const open = useConversation(place.open);
  const ConversationPane = conversationPane.use(place.open !== "");
  useEffect(() => conversationPane.load(), []);
  const there = ConversationPane !== undefined;
  useEffect(() => {
    if (there) void loadAhead();
  }, [there]);
  const conversation = open.conversation;
  // Who it is stands in the conversation: all else of the customer is drawn after it.
  const beside = useAfterPaint(conversation);
  const placeBeside = useAfterPaint(place);

  useKeys();
  const docked = wide && panelHidden !== 1;
  const togglePanel = useCallback(() => {
    if (wide) setPanelHidden(panelHidden === 1 ? 2 : 1);
    else setDrawer((d) => !d);
  }, [wide, panelHidden, setPanelHidden]);

  useCommand("go-mine", () => go(at("mine")));
  useCommand("go-unassigned", () => go(at("unassigned")));
  useCommand("go-mentions", () => go(at("mentions")));
  useCommand("go-all", () => go(at("all")));
  useCommand("go-callbacks", () => go(at("callbacks")));
  const router = useRouter();
  useCommand("go-queues", () => router.history.push("/queues"), me !== undefined && me.agent.role !== "agent");
  const begun = useSignal(beginning);
  useCommand("begin", () => beginning.set({ address: "", name: "" }));
  useCommand("undo", () => void undoLast());
  const onHelp = useCallback(() => setHelp(true), []);
  useCommand("help", onHelp);
  const [lists, setLists] = useState(false);
  useCommand("lists", () => setLists(true), me !== undefined);
  useCommand("panel", togglePanel, place.open !== "");
  // Where the conversation is the only pane, the field comes with the list.
  const wantsSearch = useRef(false);
  useCommand(
    "search",
    () => {
      wantsSearch.current = true;
      go({ ...place, open: "" });
    },
    narrow && place.open !== "",
  );
  useEffect(() => {
    if (place.open !== "" || !wantsSearch.current) return;
    wantsSearch.current = false;
    runCommand("search");
  }, [place.open]);

  const id = conversation?.id ?? "";
  // What is followed: the lists, the open conversation, and whoever is before the agent.
  const customer = conversation?.customer.customerId ?? "";
  const calls = useCalls();
  const others = `${useSignal(aside)?.open ?? ""} ${useSignal(elsewhere)}`;
  const people = [...new Set([customer, ...calls.map((c) => c.customerId)])].filter((c) => c !== "").sort().join(" ");
  useEffect(() => {
    live.follow(["list", "notifications", ...[id, ...others.split(" ")].filter((x) => x !== "").map((x) => `conversation:${x}`), ...people.split(" ").filter((c) => c !== "").map((c) => `customer:${c}`)]);
    whereabouts.look(id);
  }, [id, others, people]);
  const { tasks, more: moreTasks } = useTasks();
  const callbacks = tasks.filter((t) => t.kind === "callback").length + (moreTasks ? 100 : 0);

  const looked = useMemo(() => ({ callbacks, mentions }), [callbacks, mentions]);
  const waiting = me ? counts(filterOf(at("mine")), me.agent.id) : 0;
  useEffect(() => {
    const where = conversation ? `#${conversation.number} ${conversation.subject}` : viewWord(place.view);
    document.title = `${waiting > 0 ? `(${waiting}) ` : ""}${where} · Skein`;
  }, [waiting, conversation, place.view]);

  const panelRoom = <div className="shrink-0 bg-canvas" style={{ width: panelWidth }} />;
  const agentId = me?.agent.id ?? myId();
  const pane = place.open === "" ? "list" : "conversation";
  return (
    <div className="flex h-full flex-col">
      <OfflineBar />
      <div className="flex min-h-0 flex-1">
        {!narrow && <Nav me={me} counts={counts} looked={looked} place={list} expanded={wide} onHelp={onHelp} />}
        {(!narrow || pane === "list") && (
          <ListPane me={agentId} person={me} place={place} counts={counts} width={narrow ? null : listWidth} onWidth={setListWidth} />
        )}
        {pane === "list" ? (
          !narrow && <NothingOpen />
        ) : ConversationPane ? (
          <ConversationPane
            place={place}
            opened={open}
            me={me}
            agentId={agentId}
            narrow={narrow}
            panelShown={docked || drawer}
            onPanel={togglePanel}
          />
        ) : (
          <Opening />
        )}
        {docked && conversation && (
          <Suspense fallback={panelRoom}>
            {beside ? <DockedPanel conversation={beside} place={placeBeside} stale={beside.id !== conversation.id} width={panelWidth} onWidth={setPanelWidth} /> : panelRoom}
          </Suspense>
        )}
      </div>
      {narrow && pane === "list" && <BottomBar me={me} counts={counts} looked={looked} place={place} />}
      {!wide && conversation && (
        <Suspense>
          <PanelDrawer conversation={conversation} place={place} isOpen={drawer} onOpenChange={setDrawer} full={narrow} />
        </Suspense>
      )}
      {lists && me && (
        <Suspense>
          <ListsDialog me={me} counts={counts} looked={looked} place={place} onClose={() => setLists(false)} />
        </Suspense>
      )}
      {help && (
        <Suspense>
          <Help onClose={() => setHelp(false)} />
        </Suspense>
      )}
      {begun !== null && (
        <Suspense fallback={null}>
          <NewConversation with={begun} me={me} place={place} />
        </Suspense>
      )}
      {calls.length > 0 && (
        <Suspense>
          <CallPops calls={calls} place={place} />
        </Suspense>
      )}
      <Notices />
    </div>
  );
}
