namespace Switchyard.Secrets;

/// <summary>How one name of a secret is spelled in stores that do not allow every character.</summary>
public static class SecretNames
{
    /// <summary>The name of a provider's key in every store.</summary>
    public static string OfProvider(string provider) => $"provider:{provider}:apiKey";

    /// <summary>The name with each character that a store does not allow replaced by one that it does.</summary>
    /// <param name="name">The name.</param>
    /// <param name="others">The characters allowed beside letters and digits.</param>
    /// <param name="replacement">What stands for any other.</param>
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
