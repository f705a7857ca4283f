namespace Switchyard.Guards;

/// <summary>The check digits of card numbers and of bank accounts. Pure.</summary>
internal static class CheckDigits
{
    // The length of an account number by country: two letters, two digits.
    private const string IbanLengths =
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27GB22GE22GI23GL18GR27GT28HR21HU28"
        + "IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MR27MT31MU30NL18NO15PK24PL28PS29PT25QA29RO24RS22SA24"
        + "SC31SD18SE24SI19SK24SM27ST25SV28TL23TN24TR26UA29VA22VG24XK20";

    // Cards have from 13 to 19 digits.
    private const int FewestCardDigits = 13, MostCardDigits = 19;

    /// <summary>
    /// The card numbers in a row of digits, spaces and hyphens: the whole row, or the parts formatted as card numbers (an expiry date and a
    /// security code often follow a card number).
    /// </summary>
    public static IEnumerable<(int Start, int Length)> CardsIn(string row)
    {
        if (row.Count(char.IsAsciiDigit) <= MostCardDigits && IsLuhn(row))
        {
            yield return (0, row.Length);
            yield break;
        }

        for (var at = 0; at < row.Length;)
        {
            if (CardLength(row, at) is > 0 and var length && IsLuhn(row.Substring(at, length)))
            {
                yield return (at, length);
                at += length;
            }

            // Skip to the next digits.
            at += DigitsAt(row, at);
            while (at < row.Length && !char.IsAsciiDigit(row[at]))
                at++;
        }
    }

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

        // A row of zeros has a valid check digit, but is not a card number.
        return digits >= FewestCardDigits && sum > 0 && sum % 10 == 0;
    }

    /// <summary>The number of characters at the beginning of a text that are a bank account number (IBAN); 0 if none.</summary>
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

        // If a letter follows, it is part of a longer word.
        var isWhole = count == length && (end == text.Length || text[end] == ' ');
        return isWhole && Remainder(plain[..count]) == 1 ? end : 0;
    }

    /// <summary>
    /// The number of characters formatted as a card number at a position: in one piece, or as 4-4-4-4, 4-6-5 or 4-6-4; 0 if none.
    /// </summary>
    private static int CardLength(string row, int at)
    {
        if (row[at] is < '2' or > '6')
            return 0;
        return (DigitsAt(row, at), DigitsAt(row, at + 5)) switch
        {
            (>= FewestCardDigits and <= MostCardDigits and var whole, _) => whole,
            (4, 4) when DigitsAt(row, at + 10) == 4 && DigitsAt(row, at + 15) == 4 => 19,
            (4, 6) when DigitsAt(row, at + 12) is (4 or 5) and var last => 12 + last,
            _ => 0,
        };
    }

    private static int DigitsAt(string text, int at)
    {
        var end = at;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
            end++;
        return end - at;
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
