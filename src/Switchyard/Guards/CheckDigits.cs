namespace Switchyard.Guards;

/// <summary>The check digits of card numbers and of bank accounts. Pure.</summary>
internal static class CheckDigits
{
    // How long an account number is, by country: two letters and two digits each.
    private const string IbanLengths =
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27GB22GE22GI23GL18GR27GT28HR21HU28"
        + "IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MR27MT31MU30NL18NO15PK24PL28PS29PT25QA29RO24RS22SA24"
        + "SC31SD18SE24SI19SK24SM27ST25SV28TL23TN24TR26UA29VA22VG24XK20";

    /// <summary>Whether the digits of a text end in the check digit of card numbers (Luhn).</summary>
    public static bool IsLuhn(string text)
    {
        var (sum, doubles, digits) = (0, false, 0);
        for (var i = text.Length - 1; i >= 0; i--)
        {
            if (!char.IsAsciiDigit(text[i]))
                continue;
            var digit = text[i] - '0';
            if (doubles)
                digit = digit > 4 ? (digit * 2) - 9 : digit * 2;
            sum += digit;
            doubles = !doubles;
            digits++;
        }

        // A row of noughts adds up, and is no card.
        return digits >= 13 && sum > 0 && sum % 10 == 0;
    }

    /// <summary>How many letters at the beginning of a text are a bank account's number (IBAN); 0 for none.</summary>
    public static int IbanLength(string text)
    {
        var length = LengthOf(text.AsSpan(0, 2));
        if (length == 0)
            return 0;
        Span<char> plain = stackalloc char[34];
        var (count, end) = (0, 0);
        for (; end < text.Length && count < length; end++)
        {
            if (text[end] != ' ')
                plain[count++] = text[end];
        }

        // What goes on with a letter is a longer word.
        var isWhole = count == length && (end == text.Length || text[end] == ' ');
        return isWhole && Remainder(plain[..count]) == 1 ? end : 0;
    }

    private static int LengthOf(ReadOnlySpan<char> country)
    {
        for (var i = 0; i < IbanLengths.Length; i += 4)
        {
            if (IbanLengths.AsSpan(i, 2).SequenceEqual(country))
                return ((IbanLengths[i + 2] - '0') * 10) + IbanLengths[i + 3] - '0';
        }

        return 0;
    }

    /// <summary>The remainder by 97, with the first four letters moved to the end and letters as numbers from 10 on.</summary>
    private static int Remainder(ReadOnlySpan<char> account)
    {
        var rest = 0;
        for (var i = 0; i < account.Length; i++)
        {
            var letter = account[(i + 4) % account.Length];
            rest = char.IsAsciiDigit(letter) ? ((rest * 10) + letter - '0') % 97 : ((rest * 100) + letter - 'A' + 10) % 97;
        }

        return rest;
    }
}
