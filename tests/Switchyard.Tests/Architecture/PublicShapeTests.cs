using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace Switchyard.Tests.Architecture;

/// <summary>
/// What is public can grow without breaking its users. A positional record has a public constructor and a <c>Deconstruct</c> with exactly
/// its members, so each added member breaks the code that was compiled against it.
/// </summary>
public sealed class PublicShapeTests
{
    private const int MostMembers = 3;

    /// <summary>
    /// The positional records, each with the reason why its constructor will not grow. A fact beside these is an <c>init</c> property.
    /// </summary>
    private static readonly Dictionary<string, string> s_closed = new(StringComparer.Ordinal)
    {
        ["Calls.CacheFacts"] = "the outcome; the rest are init properties",
        ["Calls.CallError"] = "the kind and the message of any error; the rest are init properties",
        ["Canonical.DialectId"] = "an id",
        ["Canonical.EmbeddingInput"] = "a text or its tokens",
        ["Canonical.RerankDocument"] = "a text",
        ["Canonical.RerankResult"] = "an index and its score",
        ["Configuration.ConfigurationProblem"] = "a key and the message about it; the rest are init properties",
        ["Configuration.Runtime.ConfigurationChange"] = "a key, its value before and after",
        ["Dialects.ForwardEdit"] = "a range and its replacement",
        ["Dialects.ForwardEdits"] = "a list of edits; the rest are init properties",
        ["Dialects.IngressRequest"] = "the operation; the rest are init properties",
        ["Experiments.VariantComparison"] = "the two sides and the metric; the rest are init properties",
        ["Guards.GuardMatch"] = "a kind; the rest are init properties",
        ["Guards.GuardSubject"] = "a side and its texts; the rest are init properties",
        ["Identity.NewKey"] = "a key and its description",
        ["Limits.LimitReading"] = "a rule, what remains and until when",
        ["Limits.LimitReadings"] = "one reading for each counted unit",
        ["Limits.LimitStatus"] = "the scope and the name that identify a limit; the rest are init properties",
        ["Limits.SharedLimitAsk"] = "the name and the size of a limit; the rest are init properties",
        ["Limits.SharedLimitGrant"] = "an amount granted and the amount left",
        ["Models.PriceTier"] = "a threshold and its rates",
        ["Money.CheapestOffer"] = "an offer and its cost",
        ["Money.LedgerCorrection"] = "an entry before and after",
        ["Money.LedgerPage"] = "entries and the cursor of the next page",
        ["Money.SpentThen"] = "a time and an amount",
        ["Money.UsageGroup"] = "a key and its figures",
        ["Overview.BudgetPoint"] = "a time and an amount",
        ["Plugins.PluginReplacement"] = "the new and the old one",
        ["Providers.ClientFailure"] = "a status; the rest are init properties",
        ["Refinement.Requests.SchemaRefinementRequest"] = "a schema and its samples; the rest are init properties",
        ["Refinement.Requests.SchemaSource"] = "a text and the type in it; the rest are init properties",
        ["Statistics.ErrorShare"] = "a count and its share",
        ["Statistics.ProviderMetrics"] = "the provider; the rest are init properties",
        ["Stored.StoredRequest"] = "a kind and an action; the rest are init properties",
        ["Targets.CircuitChange"] = "a time and a direction",
        ["Targets.EgressTarget"] = "a provider, its model and its quirks; the rest are init properties",
        ["Targets.ModelFormat"] = "a format and its condition",
    };

    [Fact]
    public void A_public_record_is_positional_only_if_it_is_on_the_list_of_closed_shapes()
    {
        var found = Exported().Where(type => Positional(type) is not null).Select(NameOf).ToHashSet(StringComparer.Ordinal);

        Assert.Empty(found.Except(s_closed.Keys));
        Assert.Empty(s_closed.Keys.Except(found));
    }

    [Fact]
    public void A_closed_shape_has_at_most_three_members() => Assert.Empty(
        Exported().Where(type => Positional(type) is { } members && members > MostMembers).Select(NameOf));

    /// <summary>Options are bound to a configuration and set by a host's code before they are read; nothing else has a setter.</summary>
    [Fact]
    public void A_public_property_has_a_public_setter_only_in_options() => Assert.Empty(
        from type in Exported()
        where !type.Name.EndsWith("Options", StringComparison.Ordinal)
        from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        where property.SetMethod is { IsPublic: true } setter
            && !setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit))
        select $"{NameOf(type)}.{property.Name}");

    /// <summary>The number of members of a positional record; null for any other type.</summary>
    private static int? Positional(Type type) =>
        type.GetMethod("Deconstruct", BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly) is { } method
        && method.IsDefined(typeof(CompilerGeneratedAttribute))
            ? method.GetParameters().Length
            : null;

    private static IEnumerable<Type> Exported() => PublicApiTests.Packages().SelectMany(row => row.Data.GetExportedTypes());

    private static string NameOf(Type type) => type.FullName!["Switchyard.".Length..];
}
