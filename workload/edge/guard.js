// The CloudFront Function of every behaviour: viewer-request, runtime cloudfront-js-2.0.
//
// - Removes what a viewer must not send: headers whose names begin with x-cdn-.
// - Sets x-request-id and x-cdn-validated; the viewer's own values do not count.
// - Answers 401 where a token is needed and nothing like one is sent. The application checks the
//   signature: this only keeps requests away that cannot succeed. It holds no secret.

var FORBIDDEN = 'x-cdn-';
var PROTECTED = ['/api/protected', '/auth/me'];
var BEARER = /^bearer +([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/i;
var LONGEST_TOKEN = 4096;
var MOST_ROUNDS = 8;
var DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function handler(event) {
    var request = event.request;
    var headers = request.headers;
    var id = event.context.requestId;
    Object.keys(headers).forEach(function (name) {
        if (name.toLowerCase().indexOf(FORBIDDEN) === 0) {
            delete headers[name];
        }
    });
    if (isProtected(request.uri) && !hasToken(headers.authorization)) {
        return unauthorized(id);
    }
    set(headers, 'x-request-id', id);
    set(headers, 'x-cdn-validated', 'true');
    return request;
}

// One value, also where the viewer sent several.
function set(headers, name, value) {
    var several = headers[name] && headers[name].multiValue;
    headers[name] = several ? { value: value, multiValue: [{ value: value }] } : { value: value };
}

function isProtected(uri) {
    var path = plain(uri);
    return PROTECTED.some(function (prefix) {
        return path === prefix || path.indexOf(prefix + '/') === 0;
    });
}

// The path as the most generous reader would take it: whatever stands for a protected path is one.
function plain(uri) {
    var path = uri;
    for (var round = 0; round < MOST_ROUNDS && path.indexOf('%') !== -1; round++) {
        path = path.replace(/%([0-9A-Fa-f]{2})/g, function (_whole, digits) {
            return String.fromCharCode(parseInt(digits, 16));
        });
    }
    var parts = [];
    path.toLowerCase().replace(/[\u0000-\u0020\u007f]/g, '').split(/[\/\\]+/).forEach(function (part) {
        var name = part.split(/[;?#]/)[0];
        if (name === '..') {
            parts.pop();
        } else if (name !== '' && name !== '.') {
            parts.push(name);
        }
    });
    return '/' + parts.join('/');
}

function hasToken(header) {
    if (!header || (header.multiValue && header.multiValue.length > 1)) {
        return false;
    }
    var value = header.value;
    var found = value.length <= LONGEST_TOKEN ? BEARER.exec(value) : null;
    if (!found) {
        return false;
    }
    var start = parsed(found[1]);
    return start !== null && start.alg === 'HS256' && parsed(found[2]) !== null;
}

// The JSON object in a base64url part of a token, or null.
function parsed(part) {
    try {
        var content = JSON.parse(decoded(part));
        return content !== null && typeof content === 'object' && !Array.isArray(content) ? content : null;
    } catch (error) {
        return null;
    }
}

// The bytes of base64url as characters; what ends within a byte is an error.
function decoded(part) {
    var text = '';
    var bits = 0;
    var count = 0;
    for (var index = 0; index < part.length; index++) {
        bits = ((bits << 6) | DIGITS.indexOf(part.charAt(index))) & 0xffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            text += String.fromCharCode((bits >> count) & 0xff);
        }
    }
    if (count === 6) {
        throw new Error('not base64url');
    }
    return text;
}

function unauthorized(id) {
    return {
        statusCode: 401,
        statusDescription: 'Unauthorized',
        headers: {
            'cache-control': { value: 'no-store' },
            'content-type': { value: 'application/json' },
            'www-authenticate': { value: 'Bearer' },
            'x-request-id': { value: id }
        },
        body: { encoding: 'text', data: JSON.stringify({ detail: 'a bearer token is needed' }) }
    };
}
