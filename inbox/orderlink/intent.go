package orderlink

import (
	"strings"

	"skein/inbox"
)

// An intent is what somebody wants of an order.
type intent uint8

const (
	unclear   intent = iota
	giveBack         // return it, exchange it, complain of it
	alter            // cancel it, change what is in it or where it goes
	whereIs          // ask where it is
	moneyBack        // ask for money that is due
	intents
)

// A stage is how far an order is.
type stage uint8

const (
	waiting stage = iota // placed, and not sent
	onItsWay
	arrived
	ended // cancelled or refunded
	stages
)

func stageOf(o *inbox.LinkOrder) stage {
	switch strings.ToLower(o.Status) {
	case "cancelled", "canceled", "refunded", "voided":
		return ended
	case "delivered", "completed":
		return arrived
	}
	sent, got := false, false
	for i := range o.Shipments {
		switch o.Shipments[i].Status {
		case "in_transit", "out_for_delivery", "exception":
			sent = true
		case "delivered":
			got = true
		}
	}
	switch {
	case sent:
		return onItsWay
	case got:
		return arrived
	case o.Status == "fulfilled", o.Status == "shipped":
		return onItsWay
	}
	return waiting
}

// suits is how well a wish goes with an order at a stage.
var suits = [intents][stages]float64{
	unclear:   {waiting: .5, onItsWay: .5, arrived: .5, ended: .2},
	giveBack:  {waiting: .2, onItsWay: .4, arrived: 1, ended: .1},
	alter:     {waiting: 1, onItsWay: .4, arrived: .2, ended: .05},
	whereIs:   {waiting: .6, onItsWay: 1, arrived: .4, ended: .05},
	moneyBack: {waiting: .3, onItsWay: .3, arrived: .7, ended: 1},
}

// wishes are words by what they ask for. A * stands for any ending.
var wishes = wishTable(map[intent]string{
	giveBack: `return returning returned exchange exchanging exchanged replace replacement replaced swap broken damaged damage defective faulty defect chipped cracked worn fit fits small big tight wrong quality unhappy disappointed warranty repair missing
		zuruckgeb* zuruckschick* zurucksend* rucksend* retoure* retournier* umtausch* tausch* defekt* kaputt beschadigt* falsch* reklam* garantie ersatz
		retourner renvoyer echang* casse abime endommage defectueux rembours*
		devolver devolucion devuelv* cambiar cambio roto danad* defectuos*
		restituire reso rotto difettos* sostitu* danneggiat*
		retourneren ruilen kapot beschadigd
		zwrot zwroc* wymian* wymien* uszkodz* reklamac*
		devolv* troca trocar quebrad* defeito`,
	alter: `cancel cancelling canceling cancelled canceled cancellation modify modifying modified change changing changed update updating edit add remove upgrade switch adjust
		stornier* storno widerruf* abbestell* ander* adresse umleiten hinzufug*
		annul* modifi* changer adresse
		cancel* anul* modific* direccion
		annull* modific* cambiare indirizzo
		annuler* wijzig* adres
		anulow* anuluj* zmien* zmian*
		alterar endereco`,
	whereIs: `where track tracking arrive arrives arriving arrival late delayed delay shipped ship shipping transit delivery deliver eta waiting status when
		wo wann lieferung liefert sendungs* verspat* versand* versendet unterwegs angekommen
		ou quand livraison livre suivi retard expedi*
		donde cuando entrega llega* envio seguimiento retras*
		dove quando consegna spedi* arriv* ritardo
		waar wanneer bezorg* geleverd verzond*
		gdzie kiedy dostaw* wyslan* przesylk*
		onde quando chega*`,
	moneyBack: `refund refunded refunds reimburse* reimbursement compensation restitution rebate erstatt* ruckerstatt* rembours* reembols* rimbors* terugbetal* zwrot`,
})

type wishWords struct {
	whole map[string]intent
	stems []struct {
		stem string
		intent
	}
}

func wishTable(rows map[intent]string) wishWords {
	w := wishWords{whole: map[string]intent{}}
	for i := unclear + 1; i < intents; i++ {
		for one := range strings.FieldsSeq(rows[i]) {
			if stem, ok := strings.CutSuffix(one, "*"); ok {
				w.stems = append(w.stems, struct {
					stem string
					intent
				}{stem, i})
			} else if _, ok := w.whole[one]; !ok {
				w.whole[one] = i
			}
		}
	}
	return w
}

// of returns what a folded word asks for.
func (w *wishWords) of(low string) intent {
	if i, ok := w.whole[low]; ok {
		return i
	}
	for _, s := range w.stems {
		if strings.HasPrefix(low, s.stem) {
			return s.intent
		}
	}
	return unclear
}

// hints are words that say how far an order is.
var hints = map[string]stage{
	"pending": waiting, "unshipped": waiting, "processing": waiting, "placed": waiting, "offen": waiting, "offene": waiting,
	"received": arrived, "delivered": arrived, "arrived": arrived, "got": arrived, "came": arrived, "receive": arrived,
	"erhalten": arrived, "bekommen": arrived, "angekommen": arrived, "recu": arrived, "recibido": arrived, "ricevuto": arrived, "ontvangen": arrived,
	"transit": onItsWay, "unterwegs": onItsWay, "shipped": onItsWay,
}
