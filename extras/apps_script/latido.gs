/**
 * Avisa por correo cuando la noche de copias dejó de dar señales.
 *
 * Se instala en la hoja de control de copias (Extensiones → Apps Script) y corre en Google, no en el servidor de copias:
 * un servidor apagado no puede avisar que lo está. La instalación está en docs/es/latido.md.
 */

/** Pestaña que recibe una fila cada noche: la de night.heartbeat_tab en copias.yml. */
var PESTANA = 'Latido';

/** Encabezado de la columna con la fecha y hora de cada fila. */
var COLUMNA = 'Fecha';

/** Encabezado de la columna que dice cómo terminó cada noche, y lo que dice de una que no llegó a su final. */
var COLUMNA_RESULTADO = 'Resultado';
var MURIO = 'murió';

/** Horas sin una fila nueva con que se avisa. */
var HORAS = 26;

/** A quién se avisa, separados por coma. Vacío: al dueño de este activador. */
var CORREOS = '';

/** Horas que Colombia va detrás de la hora universal; no tiene horario de verano. */
var HORAS_DE_BOGOTA = 5;

var UNA_HORA = 60 * 60 * 1000;

/** Lo que corre el activador, cada hora: mira la pestaña y avisa, a lo sumo una vez al día. */
function vigilarLatido() {
  var ahora = new Date();
  var alarma = buscarAlarma(leerFilas(), ahora);
  if (!alarma) {
    return;
  }
  var memoria = PropertiesService.getScriptProperties();
  var hoy = diaDeBogota(ahora);
  if (memoria.getProperty('avisado') === hoy) {
    return;
  }
  avisar(alarma);
  // Después de enviar: si el correo falla, la próxima hora se intenta otra vez.
  memoria.setProperty('avisado', hoy);
}

/** Deja un activador, uno solo, que corre vigilarLatido cada hora. Se ejecuta una vez, a mano, al instalar. */
function instalar() {
  ScriptApp.getProjectTriggers().forEach(function (activador) {
    if (activador.getHandlerFunction() === 'vigilarLatido') {
      ScriptApp.deleteTrigger(activador);
    }
  });
  ScriptApp.newTrigger('vigilarLatido').timeBased().everyHours(1).create();
}

/** Manda un correo de prueba: que llegue es parte de la instalación. */
function probarAviso() {
  avisar('Esta es una prueba: así llegará el aviso. No hay nada que hacer.');
}

/** Devuelve las filas de la pestaña, con su encabezado; null cuando no está. */
function leerFilas() {
  var pestana = SpreadsheetApp.getActiveSpreadsheet().getSheetByName(PESTANA);
  return pestana ? pestana.getDataRange().getValues() : null;
}

/** Devuelve qué anda mal, en español; cadena vacía si la última noche es reciente. */
function buscarAlarma(filas, ahora) {
  if (!filas) {
    return 'La pestaña «' + PESTANA + '» ya no está en la hoja: la borraron o le cambiaron el nombre.';
  }
  var encabezado = buscarEncabezado(filas, COLUMNA);
  if (!encabezado) {
    return 'La pestaña «' + PESTANA + '» no tiene la columna «' + COLUMNA + '»: le cambiaron el encabezado.';
  }
  var resultado = buscarEncabezado(filas, COLUMNA_RESULTADO);
  var fechas = [];
  var ilegibles = [];
  for (var fila = encabezado.fila + 1; fila < filas.length; fila++) {
    // La fila de una noche que murió la escribe la vigilancia después: no es señal de que las noches lleguen a su final.
    if (estaVacia(filas[fila]) || (resultado && murio(filas[fila][resultado.columna]))) {
      continue;
    }
    var celda = filas[fila][encabezado.columna];
    var momento = leerMomento(celda);
    // Una fecha futura es de un reloj mal puesto: si contara, callaría esta alarma hasta ese día.
    if (momento === null || momento > ahora.getTime() + UNA_HORA) {
      ilegibles.push({ fila: fila + 1, texto: String(celda) });
    } else {
      fechas.push({ fila: fila + 1, momento: momento });
    }
  }
  return decir(fechas, ilegibles, ahora);
}

/** Devuelve el aviso que corresponde a las fechas que se leyeron y a las que no. */
function decir(fechas, ilegibles, ahora) {
  if (!fechas.length && !ilegibles.length) {
    return 'La pestaña «' + PESTANA + '» no tiene ninguna noche que haya llegado a su final.';
  }
  var ultima = fechas.reduce(function (mayor, otra) {
    return mayor && mayor.momento >= otra.momento ? mayor : otra;
  }, null);
  // Una fila ilegible al final puede ser la de anoche, o no: se dice, en vez de suponer que todo está bien.
  var dudosa = ilegibles[ilegibles.length - 1];
  if (dudosa && (!ultima || dudosa.fila > ultima.fila)) {
    return 'No se entiende la fecha de la fila ' + dudosa.fila + ': «' + dudosa.texto.slice(0, 60) + '».';
  }
  var horas = (ahora.getTime() - ultima.momento) / UNA_HORA;
  if (horas <= HORAS) {
    return '';
  }
  return 'La última noche de copias terminó hace ' + Math.floor(horas) + ' horas, el ' + decirMomento(ultima.momento) + '.';
}

/** Devuelve fila y columna (desde 0) de un encabezado, entre las primeras veinte filas; null si no está. */
function buscarEncabezado(filas, titulo) {
  for (var fila = 0; fila < Math.min(filas.length, 20); fila++) {
    for (var columna = 0; columna < filas[fila].length; columna++) {
      if (String(filas[fila][columna]).trim().toLowerCase() === titulo.toLowerCase()) {
        return { fila: fila, columna: columna };
      }
    }
  }
  return null;
}

function murio(celda) {
  return String(celda).trim().toLowerCase() === MURIO;
}

function estaVacia(fila) {
  return fila.every(function (celda) {
    return String(celda).trim() === '';
  });
}

/** Devuelve el momento de una celda en milisegundos: fecha de la hoja, o texto dd/mm/aaaa hh:mm:ss de Bogotá; o null. */
function leerMomento(celda) {
  if (Object.prototype.toString.call(celda) === '[object Date]') {
    return isNaN(celda.getTime()) ? null : celda.getTime();
  }
  var partes = /^\s*(\d{1,2})\/(\d{1,2})\/(\d{4})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*$/.exec(String(celda));
  if (!partes) {
    return null;
  }
  var numeros = partes.slice(1).map(function (parte) {
    return Number(parte || 0);
  });
  var local = Date.UTC(numeros[2], numeros[1] - 1, numeros[0], numeros[3], numeros[4], numeros[5]);
  var leida = new Date(local);
  // 31/02 o 25:70 no son errores para Date: los corre a otro día.
  var existe =
    leida.getUTCDate() === numeros[0] &&
    leida.getUTCMonth() === numeros[1] - 1 &&
    leida.getUTCHours() === numeros[3] &&
    leida.getUTCMinutes() === numeros[4];
  return existe ? local + HORAS_DE_BOGOTA * UNA_HORA : null;
}

/** Devuelve un momento como lo lee la gente: 25/11/2026 22:15. */
function decirMomento(momento) {
  var texto = enBogota(momento).toISOString();
  var dia = texto.slice(0, 10).split('-');
  return dia[2] + '/' + dia[1] + '/' + dia[0] + ' ' + texto.slice(11, 16);
}

function diaDeBogota(momento) {
  return enBogota(momento.getTime()).toISOString().slice(0, 10);
}

/** Devuelve una fecha cuya hora universal es la hora de Bogotá de un momento. */
function enBogota(momento) {
  return new Date(momento - HORAS_DE_BOGOTA * UNA_HORA);
}

function avisar(alarma) {
  var hoja = SpreadsheetApp.getActiveSpreadsheet();
  var destino = CORREOS || Session.getEffectiveUser().getEmail();
  var cuerpo = [
    alarma,
    '',
    'Qué hacer: mire si el servidor de copias está encendido y tiene internet. En él, use «copias watch», que dice',
    'qué falta, y «copias nightly» para hacer la noche ahora.',
    '',
    'Hoja: ' + hoja.getUrl(),
    'Este aviso lo manda la hoja, no el servidor. Llega una vez al día mientras dure.',
  ].join('\n');
  MailApp.sendEmail(destino, '[copias] Sin señales de la noche de copias', cuerpo);
}
