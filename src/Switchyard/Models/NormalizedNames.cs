using System.Text.RegularExpressions;

namespace Switchyard.Models;

/// <summary>
/// Normalizes model names: removes resource paths, regions, dates and revisions, so that all names of one model become the same.
/// </summary>
internal static partial class NormalizedNames
{
    /// <summary>The normalized name, to compare names at one provider.</summary>
    public static string Normalize(string model)
    {
        var name = model.Trim().ToLowerInvariant();
        if (name.StartsWith("ft:", StringComparison.Ordinal))
            name = FineTuned(name);
        name = ResourcePath().Replace(name, "");
        name = Region().Replace(name, "");
        name = Revision().Replace(name, "");
        name = AtDate().Replace(name, "");
        return Date().Replace(name, "").TrimEnd('-');
    }

    /// <summary>
    /// The normalized name without the vendor before a slash or a dot, and with dashes for dots, to compare names at different providers.
    /// </summary>
    public static string Everywhere(string model)
    {
        var name = Normalize(model);
        name = Maker().Replace(name[(name.LastIndexOf('/') + 1)..], "");
        return name.Replace('.', '-');
    }

    // A fine-tuned model, "ft:base:organisation:suffix:id", has the name of its base.
    private static string FineTuned(string name)
    {
        var end = name.IndexOf(':', 3);
        return end < 0 ? name : name[..end];
    }

    [GeneratedRegex("^(?:arn:.*/|.*/publishers/[^/]+/models/|publishers/[^/]+/models/|accounts/[^/]+/models/|models/)")]
    private static partial Regex ResourcePath();

    [GeneratedRegex(@"^(?:us|eu|global|jp|au|apac|ca|sa|us-gov)\.(?=[a-z])")]
    private static partial Regex Region();

    [GeneratedRegex(@"-v?\d+:\d+(?::\w+)?$")]
    private static partial Regex Revision();

    [GeneratedRegex(@"@(?:\d{8}|default|latest)$")]
    private static partial Regex AtDate();

    [GeneratedRegex(@"-(?:20\d{6}|20\d\d-\d\d-\d\d|latest)$")]
    private static partial Regex Date();

    [GeneratedRegex(@"^[a-z]+\.(?=[a-z])")]
    private static partial Regex Maker();
}
