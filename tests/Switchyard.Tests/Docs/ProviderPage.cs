using System.Text;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;

namespace Switchyard.Tests.Docs;

/// <summary><c>docs/providers.md</c>: every provider of the catalogue with the facts a user needs.</summary>
internal static class ProviderPage
{
    public const string Path = "docs/providers.md";

    private const string Beginning =
        """
        # The providers known here

        Written from the catalogue (`SWITCHYARD_WRITE_DOCS=1` before the tests). A provider is enabled where one of its variables is set,
        or by its name in the configuration; one that is not here needs no more than a line: [adding a provider](adding-a-provider.md).
        A higher priority wins where several serve a model.

        | name | also called | key | formats | default model | priority |
        | --- | --- | --- | --- | --- | --- |
        """;

    public static string Write()
    {
        var page = new StringBuilder(Beginning).Append('\n');
        foreach (var entry in ProviderCatalog.Default.All)
            page.Append("| ").AppendJoin(" | ", Cells(entry)).Append(" |\n");
        return page.ToString();
    }

    private static string[] Cells(ProviderDescriptor entry) =>
    [
        $"`{entry.Name}`",
        string.Join(", ", entry.Aliases.Select(alias => $"`{alias}`")),
        entry switch
        {
            { Unavailable: { } reason } => reason,
            { Local: true } => "none needed",
            { KeyEnv.Count: 0 } => "the platform's own",
            _ => string.Join(", ", entry.KeyEnv.Select(variable => $"`{variable}`")),
        },
        string.Join(", ", entry.Dialects),
        (entry.DefaultModel ?? (entry.Models is [var first, ..] ? first : null)) is { } model ? $"`{model}`" : "",
        entry.Priority.ToString(System.Globalization.CultureInfo.InvariantCulture),
    ];
}
