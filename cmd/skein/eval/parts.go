package eval

// parts is everything that is measured, in the order of the table.
func parts() []Part {
	return []Part{
		{"mime", "email/stalwart-mail-parser", mimeTrees},
		{"mimeparts", "email/mime4j", decodedParts},
		{"files", ".", mailFiles},
		{"replies", repliesFile, replies},
		{"bounces", bouncesFile, bounces},
		{"automatic", "identity/auto_submitted_headers.json", automatic},
		{"subjects", "threads/threading_cases.json", baseSubjects},
		{"references", "threads/threading_cases.json", references},
		{"imaptest", "threads/imaptest", imaptest},
		{"mailthreads", "threads/lists", mailThreads},
		{"signatures", "webhooks/signatures.json", signatures},
		{"shopfiles", "webhooks", shopFiles},
		{"shopfeed", "shop", shopFeed},
		{"payloads", "webhooks", payloads},
		{"phone", "phone/e164.json", phone},
		{"emailkeys", "identity/email_addresses.json", emailKeys},
		{"people", "people", peopleRecords},
		{"merges", "people", merges},
		{"ordernumbers", "order-numbers/messages.jsonl", orderNumbers},
		{"tracking", "tracking", tracking},
		{"requests", "shop", requests},
		{"swap", "shop", swap},
		{"ranking", "shop", ranking},
	}
}
