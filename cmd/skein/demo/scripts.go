package demo

// A script is one matter that customers write about. Turns alternate, the
// customer's first. {words} are filled in from the order, [a|b] is one of both.
type script struct {
	lang    string
	needs   string // what the order must be: "", "shipped", "delivered", or as things stand now "underway", "unsent"
	subject string
	turns   []string
	attach  string // what the customer's first mail carries: "photo", "receipt"
}

const (
	hiEN  = "[Hi|Hello|Hi there|Good morning|Dear Harbour & Pine team],\n\n"
	byeEN = "\n\n[Thanks|Many thanks|Best|Kind regards|Best wishes|Cheers],\n{given}"
	hiDE  = "[Hallo|Guten Tag|Sehr geehrte Damen und Herren|Hallo zusammen],\n\n"
	byeDE = "\n\n[Viele Grüße|Mit freundlichen Grüßen|Beste Grüße|Danke und Gruß]\n{name}"
	hiFR  = "[Bonjour|Bonjour Madame, Monsieur|Bonjour à toute l'équipe],\n\n"
	byeFR = "\n\n[Cordialement|Bien à vous|Merci d'avance]\n{name}"
	hiES  = "[Hola|Buenos días|Buenas tardes],\n\n"
	byeES = "\n\n[Un saludo|Gracias y saludos|Saludos cordiales]\n{given}"
	hiIT  = "[Buongiorno|Salve],\n\n"
	byeIT = "\n\n[Cordiali saluti|Grazie mille]\n{given}"
	hiNL  = "[Hallo|Goedemorgen|Beste],\n\n"
	byeNL = "\n\n[Met vriendelijke groet|Groetjes]\n{given}"
)

var scripts = []script{
	{"en", "shipped", "[Where is my order {order}?|Order {order} not here yet|Delivery of {order}]", []string{
		hiEN + "[I ordered|On {placed} I ordered] the {product} ({order}) and [it still hasn't arrived|the tracking page hasn't moved for days|nothing has come so far]. [Could you check where it is?|Do you know when I can expect it?]" + byeEN,
		"Hi {given},\n\nthank you for writing. Your parcel is with {carrier}, number {tracking}. It was handed over on {shipped}; I have asked them to look for it and will write as soon as I know more.",
		"[Thank you|Thanks {agent}], [that helps|good to know]. [I'll keep an eye on the tracking.|If it isn't here by the weekend I'll write again.]" + byeEN,
		"Hi {given},\n\n{carrier} tells me that it is on the road again and should reach you in one or two working days. Sorry for the wait.",
		"[It came today!|Just arrived, all in one piece.] [Lovely quality, by the way.|The {product} is beautiful.] Thank you for your help." + byeEN,
	}, ""},
	{"en", "delivered", "[Damaged on arrival|{product} arrived broken|Broken: order {order}]", []string{
		hiEN + "my {product} arrived [today|yesterday] and [it has a crack on one side|one corner is dented|the finish is scratched]. The box itself [looked fine|was crushed]. I attach a photo. [I'd prefer a replacement|Could I have a replacement, please?|Can I get my money back?] The order is {order}." + byeEN,
		"Hi {given},\n\nI am sorry, it should not have left us like that. Thank you for the photo, that is all we need. A replacement leaves tomorrow at no cost, and you needn't send the damaged one back.",
		"That's very [kind|generous], thank you! [Should I throw the old one away then?|Is it all right if I keep the old one for spare parts?]" + byeEN,
		"Hi {given},\n\nyes, do with it as you please. The new one is on its way with {carrier}.",
	}, "photo"},
	{"en", "delivered", "[Return of {product}|I'd like to return something ({order})|Returning part of {order}]", []string{
		hiEN + "I would like to return the {product} from order {order}. [It doesn't fit as I hoped.|It's a bit smaller than I thought.|The colour isn't quite what I expected.] How [do I go about it|does that work]?" + byeEN,
		"Hi {given},\n\nof course. Please put the return slip into the parcel and hand it in at any {carrier} shop within 30 days. The money is with you about five days after we have it.",
		"[Handed it in this morning.|It's on its way back to you.] I attach the receipt [just in case|so that you have the number]." + byeEN,
		"Hi {given},\n\nthank you, it has arrived. We have refunded {price} to the card that you paid with.",
	}, ""},
	{"en", "", "[Change of address|Wrong address on {order}|Please change the delivery address]", []string{
		hiEN + "[I have just seen|I noticed] that I gave my old address for {order}. [Could you change it|Is it still possible to send it] to 14 Lantern Row, Flat {n}, [Whitby|Leith|Falmouth]?" + byeEN,
		"Hi {given},\n\ndone: the order goes to 14 Lantern Row now. You will get a new confirmation.",
		"[Perfect, thank you!|Brilliant, that was quick.]" + byeEN,
	}, ""},
	{"en", "", "[Question about the {product}|{product}: a question before I buy|Product question]", []string{
		hiEN + "[I am thinking of buying|I have my eye on] the {product2}. [Can it go into the dishwasher?|Where is it made?|Is it suitable for an induction hob?|Do you know when it will be back in stock?]" + byeEN,
		"Hello {given},\n\ngood question. It is made in a small workshop on the coast, and we would wash it by hand: it lasts longer that way. There are a few left.",
		"Thank you, [I'll order one|that decides it]. [Can you wrap it as a gift?|Do you do gift wrapping?]" + byeEN,
		"We do, just tick the box at the checkout. It costs 3 euros and looks rather nice.",
		"[Great|Done], order placed!" + byeEN,
	}, ""},
	{"en", "", "[Invoice for {order}|Need a VAT invoice|Invoice please]", []string{
		hiEN + "[could you send me|I need] an invoice for {order} [with our company's name on it|for my tax return], please: Fernside Studio Ltd, VAT GB 999 9999 73." + byeEN,
		"Hi {given},\n\nyou find the invoice with the new name in your account under the order. Let me know if anything is missing.",
	}, ""},
	{"en", "", "[Cancel {order}|Please cancel my order|Ordered twice by mistake]", []string{
		hiEN + "[I think I clicked twice and ordered the same thing two times.|I changed my mind about the {product}.] [Please cancel|Can you cancel] {order}." + byeEN,
		"Hi {given},\n\nwe stopped it in time. The {total} go back to you today; your bank may take two or three days.",
		"Many thanks!" + byeEN,
	}, ""},
	{"en", "delivered", "[Wrong size|{order}: exchange possible?|Exchange]", []string{
		hiEN + "the {product} ({order}) is lovely but [too small|too large|not my size]. Can I exchange it for [one size up|one size down]?" + byeEN,
		"Hi {given},\n\nyes. I have put the other size aside for you. Send yours back with the slip and note \"exchange\" on it.",
		"[Sent back today with {carrier}.|It went off this afternoon.] [How long will it take?|When will the other one come?]" + byeEN,
		"Hi {given},\n\nas a rule four to six days. I'll see to it that it goes out on the day yours comes in.",
		"[Got it, fits perfectly.|The new one is here and fits.] Thank you {agent}!" + byeEN,
	}, ""},
	{"en", "delivered", "[Delivered but not here|{carrier} says delivered – nothing here|Parcel missing: {order}]", []string{
		hiEN + "according to {carrier} ({tracking}) my order {order} was delivered on {delivered}. [I was at home all day and nobody rang.|None of my neighbours have it.|There is no card in the letter box either.] What now?" + byeEN,
		"Hi {given},\n\nthat is annoying, I am sorry. I have opened a trace with {carrier}. Could you look at the back door and ask the shop on the corner? Drivers like to leave parcels there.",
		"[Found it!|You were right!] It was [behind the bins|with the florist two doors down]. [Sorry for the fuss.|Sorry to have troubled you.]" + byeEN,
		"No trouble at all. Enjoy it!",
	}, ""},
	{"en", "", "[Discount code doesn't work|Voucher PINE10|Code not accepted]", []string{
		hiEN + "[your newsletter says|I have a card that says] I get 10 % off with PINE10, but the checkout [refuses it|says it's expired]. [The basket has the {product2} in it.|I was going to buy the {product2}.]" + byeEN,
		"Hi {given},\n\nsorry, our mistake: the code had a wrong end date. It works now.",
		"[Works, thanks.|Yes, now it did it.]" + byeEN,
	}, ""},
	{"en", "delivered", "[Missing item in {order}|One item missing|Incomplete delivery {order}]", []string{
		hiEN + "[the parcel came today|I unpacked the box just now], but the {product} is missing. [It is on the delivery note.|The rest is all there.] Order {order}." + byeEN,
		"Hi {given},\n\nI am sorry. It was packed separately and leaves from our other store; you should have it within three days.",
	}, ""},
	{"en", "delivered", "[How do I look after the {product}?|Care instructions|Care of {product}]", []string{
		hiEN + "[I love my {product}!|Very happy with the {product} from {order}.] [How should I clean it?|Do I need to oil it?|What do you recommend to look after it?]" + byeEN,
		"Hello {given},\n\nwhat a nice thing to read. A damp cloth is enough; twice a year a thin coat of linseed oil or wax, depending on the material. Keep it away from radiators.",
	}, ""},
	{"de", "shipped", "[Wo bleibt meine Bestellung {order}?|Lieferung {order}|Sendungsverfolgung {order}]", []string{
		hiDE + "ich habe am {placed} {product} bestellt (Bestellnummer {order}) und [bis heute nichts erhalten|die Sendungsverfolgung zeigt seit Tagen nichts Neues]. [Können Sie bitte nachsehen?|Wann darf ich damit rechnen?]" + byeDE,
		"Guten Tag {name},\n\nIhr Paket ist mit {carrier} unterwegs, Nummer {tracking}. Ich habe eine Nachforschung gestartet und melde mich, sobald ich mehr weiß.",
		"[Danke für die schnelle Antwort.|Vielen Dank.] [Dann warte ich noch zwei Tage.|Ich melde mich, wenn es da ist.]" + byeDE,
		"Guten Tag {name},\n\ndas Paket ist laut {carrier} heute in der Zustellung. Entschuldigen Sie bitte die Verzögerung.",
		"Angekommen, alles heil. Danke schön!" + byeDE,
	}, ""},
	{"de", "delivered", "[Ware beschädigt ({order})|Reklamation {order}|{product} defekt]", []string{
		hiDE + "leider ist {product} [mit einem Riss|zerkratzt|mit einer Delle] angekommen. Foto im Anhang. [Ich hätte gern Ersatz.|Bitte erstatten Sie mir den Kaufpreis.] Bestellung {order}, größere Mängel wären natürlich ärgerlich." + byeDE,
		"Guten Tag {name},\n\ndas tut mir leid. Das Foto genügt uns; der Ersatz geht morgen kostenlos auf die Reise. Das beschädigte Stück müssen Sie nicht zurücksenden.",
		"[Das nenne ich Service!|Prima, vielen Dank.]" + byeDE,
	}, "photo"},
	{"de", "delivered", "[Rücksendung {order}|Widerruf meiner Bestellung {order}|Umtausch]", []string{
		hiDE + "ich möchte {product} aus der Bestellung {order} [zurückgeben|gegen eine andere Größe umtauschen]. [Wie gehe ich vor?|Bekomme ich einen Rücksendeschein?]" + byeDE,
		"Guten Tag {name},\n\nder Schein liegt dem Paket bei; bitte geben Sie es innerhalb von 30 Tagen in einem {carrier}-Shop ab.",
		"Heute abgegeben, Beleg hängt an." + byeDE,
		"Guten Tag {name},\n\nvielen Dank, die Erstattung über {price} ist unterwegs.",
	}, ""},
	{"de", "", "[Rechnung zu {order}|Rechnung fehlt]", []string{
		hiDE + "könnten Sie mir bitte die Rechnung zu {order} [an meine Firmenadresse ausstellen|als PDF zusenden]? [In meinem Konto finde ich sie nicht.|Ich brauche sie für die Buchhaltung.]" + byeDE,
		"Guten Tag {name},\n\nSie finden die Rechnung jetzt in Ihrem Konto bei der Bestellung.",
	}, ""},
	{"de", "", "[Lieferadresse ändern|Falsche Adresse bei {order}]", []string{
		hiDE + "ich bin umgezogen und habe vergessen, die Adresse zu ändern. Bitte senden Sie {order} an die Kieferngasse {n}, 00000 Musterhafen." + byeDE,
		"Guten Tag {name},\n\nist geändert.",
		"Super, danke!" + byeDE,
	}, ""},
	{"fr", "shipped", "[Où est ma commande {order} ?|Commande {order} non reçue|Suivi de livraison]", []string{
		hiFR + "j'ai commandé {product} ([commande {order}|n° {order}]) et je n'ai [toujours rien reçu|aucune nouvelle du transporteur]. [Pouvez-vous vérifier ?|Savez-vous quand le colis arrivera ?]" + byeFR,
		"Bonjour {given},\n\nvotre colis est chez {carrier}, numéro {tracking}. Je relance le transporteur et je reviens vers vous.",
		"Merci pour votre réponse rapide. J'attends donc." + byeFR,
		"Bonjour {given},\n\nle colis sera livré demain. Encore toutes nos excuses.",
	}, ""},
	{"fr", "delivered", "[Article abîmé|Réclamation {order}|{product} cassé à l'arrivée]", []string{
		hiFR + "l'article {product} de ma commande {order} est arrivé [cassé|rayé|abîmé]. Vous trouverez une photo ci-jointe. [Je souhaite un échange.|Je souhaite être remboursée.]" + byeFR,
		"Bonjour {given},\n\nje suis désolée. Un remplacement part demain, sans frais, et vous n'avez rien à renvoyer.",
		"Parfait, merci beaucoup !" + byeFR,
	}, "photo"},
	{"fr", "", "[Question sur un produit|Disponibilité|Renseignement]", []string{
		hiFR + "[le modèle {product2} sera-t-il de nouveau disponible ?|est-ce que {product2} passe au lave-vaisselle ?|livrez-vous en Belgique ?]" + byeFR,
		"Bonjour {given},\n\noui, sans problème. N'hésitez pas si vous avez d'autres questions.",
	}, ""},
	{"es", "shipped", "[¿Dónde está mi pedido {order}?|Pedido {order} sin recibir]", []string{
		hiES + "hice el pedido {order} el {placed} y [todavía no ha llegado|el seguimiento no avanza]. ¿[Me pueden decir dónde está|Saben cuándo llegará]?" + byeES,
		"Hola {given}:\n\nel paquete está con {carrier}, número {tracking}. Hemos preguntado y te avisamos en cuanto sepamos algo.",
		"Muchas gracias, quedo a la espera." + byeES,
	}, ""},
	{"es", "delivered", "[Devolución {order}|Quiero devolver un artículo]", []string{
		hiES + "quisiera devolver {product} del pedido {order} porque [no es mi talla|no es como esperaba]. ¿Cómo lo hago? ¿Añado el número en el paquete?" + byeES,
		"Hola {given}:\n\nen el paquete viene una etiqueta; entrégalo en cualquier punto de {carrier} en 30 días.",
		"Hecho, adjunto el justificante." + byeES,
		"Hola {given}:\n\nya lo tenemos. Te hemos devuelto {price}.",
	}, ""},
	{"ja", "shipped", "[ご注文{order}の配送について|荷物が届きません（{order}）]", []string{
		"[お世話になっております。|はじめまして。]{name}です。\n\n注文番号{order}の商品がまだ届いておりません。[配送状況を教えていただけますか。|いつ頃届く予定でしょうか。]\n\nよろしくお願いいたします。\n{name}",
		"{name} 様\n\nお問い合わせありがとうございます。お荷物は {carrier} がお預かりしております（{tracking}）。あと数日でお届けできる見込みです。",
		"ご連絡ありがとうございます。[安心しました。|お待ちしております。]\n\n{name}",
	}, ""},
	{"ja", "delivered", "[商品の破損について|{order} 破損のご連絡]", []string{
		"{name}と申します。\n\n{order}で購入した商品が[割れた状態|傷のある状態]で届きました。写真を添付いたします。交換をお願いできますでしょうか。\n\n{name}",
		"{name} 様\n\n大変申し訳ございません。代わりの品を明日発送いたします。破損した商品のご返送は不要です。",
	}, "photo"},
	{"it", "shipped", "[Dov'è il mio ordine {order}?|Spedizione {order}]", []string{
		hiIT + "ho ordinato {product} ({order}) ma [non è ancora arrivato|il tracking è fermo da giorni]. [Potete controllare?|Quando arriverà? È già più di una settimana.]" + byeIT,
		"Buongiorno {given},\n\nil pacco è con {carrier}, numero {tracking}. Abbiamo sollecitato la consegna.",
		"Perfetto, grazie." + byeIT,
	}, ""},
	{"nl", "delivered", "[Retour {order}|Vraag over retourneren]", []string{
		hiNL + "ik wil {product} uit bestelling {order} graag [terugsturen|ruilen]. Hoe werkt dat precies? [Het beviel me toch niet.|De maat is te klein.]" + byeNL,
		"Beste {given},\n\ngeen probleem: gebruik het retourlabel in de doos, binnen 30 dagen.",
		"Dank je wel, is gelukt!" + byeNL,
	}, ""},
}

var signatures = []string{"Ana", "Tom", "Mina", "Ines"}

// opening is what customers write about today, with what the order must be.
var opening = []struct{ needs, text string }{
	{"underway", "Where is order {order}? [I need it by Saturday, it is a present.|It should have been here on Monday.]"},
	{"delivered", "The {product} arrived with [a dent|a crack]. [What can you do about it?|Can I have a new one?] Order {order}."},
	{"", "[Could you tell me|Do you know] whether the {product2} will be back in stock [soon|this month]?"},
	{"unsent", "I'd like to [change the delivery address of|add something to] {order}. Is that still possible?"},
	{"delivered", "How do I send the {product} back? It's from {order} and [the size is wrong|it isn't quite right]."},
	{"", "I was charged {total} for {order}, but [my bank shows it twice|I thought the postage was free]. Can you check?"},
}

// afterwards are what customers say to an answer of the shop, by what the
// answer was about; %-words as in scripts.
var afterwards = map[string]map[string][]string{
	"order": {
		"en": {"Sure, it's {order}.", "The order number is {order}. Placed on {placed}, if that helps."},
		"de": {"Natürlich, die Bestellnummer ist {order}."},
		"fr": {"Bien sûr, c'est la commande {order}."},
		"es": {"Claro, el número de pedido es {order}."},
		"ja": {"注文番号は{order}です。"},
	},
	"photo": {
		"en": {"Here you go, I took one just now. I hope you can see it."},
		"de": {"Gerne, hier ist ein Foto. Ich hoffe, man erkennt es."},
		"fr": {"Voici une photo, j'espère que c'est assez net."},
		"es": {"Aquí va una foto."},
		"ja": {"写真を添付いたします。ご確認ください。"},
	},
	"address": {
		"en": {"It's 14 Lantern Row, Flat {n}, Whitby. Thank you!"},
		"de": {"Die Adresse ist Kieferngasse {n}, 00000 Musterhafen."},
		"fr": {"C'est le {n}, quai des Pins, 00000 Port-Exemple."},
		"es": {"Es la calle del Puerto {n}, 00000 Villamuestra."},
	},
	"refund": {
		"en": {"That's fine, thank you. How long will it take until the money is there?", "A refund is perfect, thanks for sorting it out."},
		"de": {"Eine Erstattung ist prima, danke. Wie lange dauert das ungefähr?"},
		"fr": {"Un remboursement me convient, merci. Sous quel délai ?"},
		"es": {"El reembolso me parece bien, gracias. ¿Cuánto tarda?"},
	},
	"question": {
		"en": {"Yes, that works for me.", "Yes please! That would be great.", "Hm, I'd rather not, but thank you for asking. What else could we do?"},
		"de": {"Ja, das passt für mich.", "Ja, bitte! Das wäre toll."},
		"fr": {"Oui, cela me convient.", "Oui, volontiers !"},
		"es": {"Sí, me parece bien.", "Sí, por favor."},
		"ja": {"はい、それでお願いいたします。"},
	},
	"sorry": {
		"en": {"Don't worry, these things happen. Thanks for getting back to me.", "I appreciate the apology. Please keep me posted."},
		"de": {"Kein Problem, kann passieren. Danke für die Rückmeldung."},
		"fr": {"Ce n'est pas grave, merci de votre réponse."},
		"es": {"No pasa nada, gracias por responder."},
	},
	"shipping": {
		"en": {"Great, I'll keep an eye on the tracking then.", "Good to know, thank you. I'll be at home."},
		"de": {"Super, dann behalte ich die Sendungsverfolgung im Auge."},
		"fr": {"Très bien, je surveille le suivi."},
		"es": {"Genial, estaré pendiente del seguimiento."},
		"ja": {"承知いたしました。到着を待ちます。"},
	},
	"thanks": {
		"en": {"Thank you, that's all I needed to know.", "Perfect, thanks for the quick answer!", "Brilliant. Have a lovely day!"},
		"de": {"Vielen Dank, das hilft mir weiter.", "Perfekt, danke für die schnelle Antwort!"},
		"fr": {"Merci beaucoup, c'est parfait.", "Merci pour votre réponse rapide !"},
		"es": {"Muchas gracias, perfecto.", "¡Gracias por la rapidez!"},
		"ja": {"ありがとうございます。助かりました。"},
		"it": {"Grazie mille, gentilissimi."},
		"nl": {"Dank je wel, helemaal duidelijk!"},
	},
}
