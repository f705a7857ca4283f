namespace Switchyard.Secrets;

/// <summary>Spells the name of a secret for stores that do not allow every character.</summary>
public static class SecretNames
{
    /// <summary>The name of a provider's key in every store.</summary>
    public static string OfProvider(string provider) => $"provider:{provider}:apiKey";

    /// <summary>The name with each character replaced that a store does not allow.</summary>
    /// <param name="name">The name.</param>
    /// <param name="others">The characters allowed besides letters and digits.</param>
    /// <param name="replacement">The replacement of any other character.</param>
    public static string Fit(string name, string others, char replacement = '-')
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(others);
        return string.Create(name.Length, (name, others, replacement), static (fitted, state) =>
        {
            for (var i = 0; i < fitted.Length; i++)
            {
                var letter = state.name[i];
                fitted[i] = char.IsAsciiLetterOrDigit(letter) || state.others.Contains(letter, StringComparison.Ordinal)
                    ? letter
                    : state.replacement;
            }
        });
    }

    /// <summary>The environment variable of a name: <c>anthropic/a</c> is <c>ANTHROPIC_A</c>.</summary>
    public static string Variable(string name) => Fit(name, "_", '_').ToUpperInvariant();
}
