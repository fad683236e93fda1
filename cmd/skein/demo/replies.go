package demo

import "skein/inbox"

// Replies are the shop's saved replies, as it has them when it opens.
func Replies() []inbox.SavedReply {
	return []inbox.SavedReply{
		{Folder: "Parcels", Name: "Where your parcel is", Texts: []inbox.SavedText{
			{Locale: "en", Text: "Hello {{customer.name}},\n\nyour order {{order.number}} is with {{shipment.carrier}}, and you can follow it by the number {{shipment.tracking}}.\n\nIf it has not come in three days, write to us again and we will send it anew."},
			{Locale: "de", Text: "Guten Tag {{customer.name}},\n\nIhre Bestellung {{order.number}} ist bei {{shipment.carrier}}; mit der Nummer {{shipment.tracking}} können Sie sie verfolgen.\n\nIst sie in drei Tagen nicht da, schreiben Sie uns noch einmal: dann schicken wir sie neu."},
		}, Actions: inbox.Actions{AddTags: []string{"parcel"}}},
		{Folder: "Returns", Name: "How to send it back", Texts: []inbox.SavedText{
			{Locale: "en", Text: "Hello {{customer.name}},\n\nof course you can send {{order.number}} back, within 30 days and unused. Put the return slip into the parcel and hand it in at any shop of the carrier. The money comes back to you within five days of its arrival."},
			{Locale: "de", Text: "Guten Tag {{customer.name}},\n\ngern können Sie {{order.number}} zurücksenden, innerhalb von 30 Tagen und unbenutzt. Legen Sie den Rücksendeschein ins Paket und geben Sie es in einem Paketshop ab. Das Geld ist fünf Tage nach der Ankunft wieder bei Ihnen."},
		}, Actions: inbox.Actions{AddTags: []string{"return"}}},
		{Folder: "", Name: "Thanks, and close", Texts: []inbox.SavedText{
			{Locale: "en", Text: "Thank you for telling us, {{customer.name}}. Write whenever something else comes up."},
			{Locale: "de", Text: "Danke für die Nachricht, {{customer.name}}. Schreiben Sie uns, wann immer etwas ist."},
		}, Actions: inbox.Actions{Status: inbox.Closed}},
	}
}
