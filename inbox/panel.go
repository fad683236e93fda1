package inbox

// PanelEntries is how many entries of the timeline a panel begins with.
const PanelEntries = 15

// A Panel is all that is shown of a customer beside a conversation.
type Panel struct {
	Customer   Customer
	Matches    []Match
	Orders     []Order
	Carts      []Cart
	SavedItems []SavedItem
	Loyalty    Loyalty
	Pages      []PageView

	Conversations     []Conversation // the first page
	MoreConversations Cursor
	Timeline          []TimelineEntry // the first of them
	MoreTimeline      Cursor
	Hidden            int // conversations that the reader may not see
}
