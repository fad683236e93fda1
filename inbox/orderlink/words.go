package orderlink

import (
	"strings"
	"unicode/utf8"
)

// A label is what a word says of a number beside it.
type label uint8

const (
	noLabel     label = iota
	looseFiller       // nothing much: an order of 1200 may be how many
	filler            // nothing: goes between the word that says and the number
	numberWord        // that it is a number
	orderNoun         // an order's
	orderVerb         // perhaps how many were ordered
	parcelLabel       // a parcel's, or a carrier
	antiLabel         // something else's: an invoice, a telephone, a house
)

// tells reports whether a label may be glued to its number.
func (l label) tells() bool { return l != noLabel }

// decides reports whether a label says whose number it is.
func (l label) decides() bool { return l >= orderNoun }

// words are what people put beside a number, folded, in the languages of our shops' customers.
var words = []struct {
	label label
	words string
}{
	{looseFiller, `of with for on at from to by de del di da do z von vom mit zu zur avec con com med fra van met  с`},
	{filler, `is was are the a my our your this that it its be has have under called as here mine and named reads ist war lautet meine
		meiner meinem meinen mein die der das dem den unter hier unsere unserer est etait le la les ma mon mes notre du sous voici es
		era el mi mis los las fue aqui e il lo mio mia o meu minha foi het mijn onze jest moje mojego moj je mam ar min mitt
		confirmation details detail status summary received placed made bestatigung datum мой мои моего это`},
	{numberWord, `number c numbers numer no nos nr nrs num n nb id ids code ref reference nummer nummern numero numeros referenz referencia
		referencja cislo szam szama numarasi numara numarali tunnus номер номера номером № nro numeru numerem referentie riferimento`},
	{orderVerb, `ordered purchased bought buy bestellt bestelle bestellte bestellen gekauft commander achete pedi comprado compre comprei
		ordinato acquistato besteld gekocht zamowilem zamowilam kupilem`},
	{parcelLabel, `tracking track tracked trackingnumber trackingno trackingnr trackingid trackingnummer trackingcode parcel parcels package
		packages shipment shipments consignment waybill airwaybill awb dispatch delivery shipping sendung sendungen sendungsnummer
		sendungsnr sendungsverfolgung sendungsverfolgungsnummer sendungsid paket pakete pakets paketnummer paketnr packchen lieferung
		tracknummer colis suivi envoi livraison expedition envio envios seguimiento rastreo paquete paquetes guia rastreamento
		rastreio objeto spedizione tracciamento tracciabilita pacco pacchi collo zending zendingen zendingsnummer pakket pakketje
		verzending barcode przesylka przesylki przesylke paczka paczki paczke przewozowy sledzenia zasilka zasilky zasilku balik
		baliku sledovani forsendelse forsendelsen pakke pakken sporing sporingsnummer kolli kollinummer sparning lahetys lahetystunnus
		seuranta csomag csomagszam kargo takip посылка посылки посылку трек отправление отправления ттн ups fedex usps dhl dpd gls
		hermes evri tnt ontrac lasership purolator yodel inpost postnl bpost royalmail correos chronopost colissimo aramex seur mrw
		brt sda bartolini postnord yunexpress yanwen`},
	{antiLabel, `invoice invoices invoicing bill bills billing receipt receipts rechnung rechnungen rechnungsnummer rechnungsnr rechnungs
		quittung beleg belegnummer facture factures factura facturas fattura fatture fatura faturas factuur facturen faktura faktury
		fakture fakturu fakturanummer fakturanr lasku laskun szamla szamlaszam счет счета рахунок phone phones telephone tel mobile
		cell cellphone call fax whatsapp sms text telefon telefonnummer handy handynummer mobil mobilnummer rufnummer ruckruf telephon
		portable telefono movil celular cellulare telefoon mobiel komorka telefonu телефон телефона hotline dial contact zip zipcode
		postcode postcodes postal post plz postleitzahl cp cep cap psc postnummer kod pocztowy индекс postkode card cards creditcard
		visa mastercard maestro amex discover debit karte karten kreditkarte kreditkartennummer kartennummer carte tarjeta carta
		cartao kaart karta karty cvv cvc giftcard gift geschenkkarte iban bic swift account accounts konto kontonummer kontonr blz
		bank compte cuenta conto conta rekening rekeningnummer konta routing sortcode sort paypal stripe klarna transaction
		transactions transaktion payment payments zahlung paiement pago pagamento betaling platnosc authorization auth customer
		customers kunde kunden kundennummer kundennr client clients clientnumber cliente clientes klant klantnummer klient klienta
		zakaznik asiakas member membership mitglied mitgliedsnummer user username userid loyalty bonus ticket tickets case cases
		incident request requests enquiry inquiry complaint vorgang vorgangsnummer anfrage ticketnummer ticketnr aktenzeichen az
		dossier reclamation incidencia caso reclamo segnalazione zgloszenie bug issue serial sn seriennummer imei imsi iccid mac model
		models modell modele modelo modello sku skus asin ean gtin upc isbn issn article articles artikel artikelnummer artikelnr
		artnr art articulo articolo product products produkt produktnummer produit producto prodotto item items part parts teilenummer
		batch lot vat tax steuer steuernummer ust ustid uid siret siren nif cif tva iva btw nip regon ein ssn license licence passport
		ausweis dni insurance policy versicherung versicherungsnummer contract vertrag vertragsnummer contrat contrato contratto umowa
		hrb coupon coupons voucher vouchers gutschein gutscheine gutscheincode discount promo promotion rabatt bon cupon pin password
		passwort passcode otp verification login sicherheitscode apartment apt suite unit flat room floor street strasse str road rd
		avenue ave building bldg house hausnummer box postfach haus zimmer rue appartement calle piso via interno straat ulica
		mieszkania block door gate locker highway hwy page pages chapter line lines step version build revision section paragraph
		figure question level channel flight flug vol vuelo seat row table rma retoure retouren retourennummer quote quotation offer
		angebot angebotsnummer devis presupuesto preventivo offerte oferta gutschrift lieferschein lieferscheinnummer year years since
		jahr annee ano anno amount total sum price cost betrag summe preis montant prix importe precio importo prezzo bedrag kwota
		cena error errors fehler fehlercode erreur http top size grosse groesse taille talla color colour farbe fan win episode season
		credit`},
	{orderNoun, `order orders ordernumber ordernr orderno orderid ordernum ordernummer ordering purchase purchases preorder reorder po
		bestellung bestellungen bestellnummer bestellnr bestellnummern bestell auftrag auftrage auftrags auftragsnummer auftragsnr
		kauf commande commandes achat achats pedido pedidos orden ordenes compra compras encomenda encomendas encargo ordine ordini
		acquisto acquisti bestelling bestellingen bestelnummer bestelnr aankoop aankopen zamowienie zamowienia zamowieniu zamowieniem
		zamowien objednavka objednavky objednavce objednavku objednavkou objednavok bestallning bestallningen bestallningar
		bestallningsnummer bestilling bestillingen bestillingsnummer ordre ordren ordrenummer ordrer ordernumret kop kjop kob tilaus
		tilauksen tilaukseni tilausnumero tilausta tilaukseen rendeles rendelesem rendelesi rendelesszam comanda comenzii comenzi
		siparis siparisim siparisimin siparisi narudzba narudzbe narocilo narocila porudzbina tellimus pasutijums uzsakymas заказ
		заказа заказу заказе заказом заказы замовлення поръчка поръчката παραγγελια παραγγελιας porosia pesanan comandes encarrec
		eskaera`},
}

var labels = func() map[string]label {
	m := map[string]label{}
	for _, row := range words {
		for _, w := range strings.Fields(row.words) {
			m[w] = row.label
		}
	}
	return m
}()

// stems are beginnings of words that are inflected or joined with others.
var stems = []struct {
	label label
	stem  string
}{
	{orderVerb, "bestellt"}, {orderNoun, "bestell"}, {orderNoun, "auftrag"}, {orderNoun, "zamowien"}, {orderVerb, "zamow"},
	{orderNoun, "objednav"}, {orderNoun, "rendeles"}, {orderNoun, "siparis"}, {orderNoun, "bestalln"}, {orderNoun, "tilau"},
	{orderNoun, "заказ"}, {orderNoun, "замовл"}, {orderNoun, "поръчк"}, {orderNoun, "παραγγελ"},
	{orderNoun, "ordernum"}, {orderNoun, "purchas"},
	{parcelLabel, "sendung"}, {parcelLabel, "tracking"}, {parcelLabel, "zasilk"}, {parcelLabel, "przesyl"}, {parcelLabel, "paket"}, {parcelLabel, "посылк"},
	{antiLabel, "rechnung"}, {antiLabel, "faktur"}, {antiLabel, "invoic"}, {antiLabel, "factur"}, {antiLabel, "telefon"}, {antiLabel, "kunden"},
	{antiLabel, "retouren"}, {antiLabel, "gutschein"}, {antiLabel, "konto"}, {antiLabel, "vertrag"}, {antiLabel, "serien"}, {antiLabel, "artikel"},
	{numberWord, "numara"}, {antiLabel, "τιμολογ"}, {antiLabel, "τηλεφων"},
}

// inside are words of scripts that put no spaces between them, or join the
// article to the word.
var inside = []struct {
	label label
	text  string
}{
	{antiLabel, "发票"}, {antiLabel, "發票"}, {antiLabel, "請求書"}, {antiLabel, "電話"}, {antiLabel, "电话"}, {antiLabel, "手机"}, {antiLabel, "전화"}, {antiLabel, "郵便番号"}, {antiLabel, "邮编"},
	{antiLabel, "فاتور"}, {antiLabel, "هاتف"}, {antiLabel, "חשבונית"}, {antiLabel, "טלפון"},
	{parcelLabel, "追跡"}, {parcelLabel, "快递"}, {parcelLabel, "快遞"}, {parcelLabel, "运单"}, {parcelLabel, "運單"}, {parcelLabel, "物流"}, {parcelLabel, "운송장"}, {parcelLabel, "송장"}, {parcelLabel, "伝票"}, {parcelLabel, "شحن"},
	{orderNoun, "注文"}, {orderNoun, "オーダ"}, {orderNoun, "订单"}, {orderNoun, "訂單"}, {orderNoun, "주문"}, {orderNoun, "طلب"}, {orderNoun, "הזמנ"}, {orderNoun, "สั่งซื้อ"}, {orderNoun, "ऑर्डर"},
	{numberWord, "番号"}, {numberWord, "号码"}, {numberWord, "번호"}, {numberWord, "رقم"}, {numberWord, "מספר"},
}

// misspelt are the words that are known with a letter wrong, added, left out or
// two swapped.
var misspelt = []struct {
	label label
	word  string
	least int // length of what may be it
}{
	{orderNoun, "order", 4}, {orderNoun, "orders", 5}, {orderNoun, "purchase", 6}, {orderNoun, "bestellung", 8}, {orderNoun, "bestellnummer", 10}, {orderNoun, "commande", 7},
	{orderNoun, "pedido", 5}, {orderNoun, "ordine", 6}, {orderNoun, "bestelling", 8}, {orderNoun, "zamowienie", 8},
	{antiLabel, "invoice", 5}, {antiLabel, "bill", 3}, {antiLabel, "bills", 4}, {antiLabel, "rechnung", 7}, {antiLabel, "facture", 6}, {antiLabel, "factura", 6},
	{parcelLabel, "tracking", 7},
}

// spelt are words that look like a misspelt one and are not.
var spelt = map[string]bool{
	"oder": true, "border": true, "older": true, "elder": true, "odor": true, "under": true, "orden": true, "ordner": true, "ordre": true, "odder": true,
	"will": true, "ill": true, "still": true, "till": true, "all": true, "hill": true, "mill": true, "pill": true, "kill": true, "fill": true, "full": true,
	"ball": true, "bell": true, "bull": true, "bile": true, "bild": true, "billy": true, "birr": true, "mills": true, "hills": true, "pills": true, "balls": true, "bells": true,
	"perdido": true, "comando": true, "trucking": true, "tracing": true, "packing": true, "voice": true, "voices": true,
}

// labelOf returns what a folded word says.
func labelOf(low string) label {
	if l, ok := labels[low]; ok {
		return l
	}
	if len(low) > 40 {
		return noLabel
	}
	for _, s := range stems {
		if strings.HasPrefix(low, s.stem) {
			return s.label
		}
	}
	if r, _ := utf8.DecodeRuneInString(low); r >= 0x590 {
		for _, s := range inside {
			if strings.Contains(low, s.text) {
				return s.label
			}
		}
		return noLabel
	}
	if spelt[low] {
		return noLabel
	}
	// Written without the space: "theorder", "mypurchase".
	for _, front := range []string{"the", "my", "this", "that", "an", "a", "your", "of", "with", "cancel", "track"} {
		if rest, ok := strings.CutPrefix(low, front); ok && len(rest) >= 5 && labels[rest].decides() {
			return labels[rest]
		}
	}
	for _, m := range misspelt {
		most := 1
		if len(m.word) >= 7 && len(low) >= m.least && low[0] == m.word[0] {
			most = 2
		}
		if len(low) >= m.least && near(low, m.word, most) {
			return m.label
		}
	}
	return noLabel
}

// near reports whether two words are at most so many edits apart: a letter
// changed, added or left out, or two beside each other swapped. Letters are
// bytes: what is compared is folded.
func near(a, b string, most int) bool {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return false
	}
	const longest = 48
	if len(a) > longest || len(b) > longest {
		return false
	}
	var rows [3][longest + 1]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > most {
			return false
		}
		before, last, row = last, row, before
	}
	return last[len(b)] <= most
}
