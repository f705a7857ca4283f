using System.Globalization;
using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Targets;
using static Switchyard.Models.CatalogueJson;

namespace Switchyard.Models;

/// <summary>
/// Facts missing from the lists of models, by family: the required request format, refused fields, the reasoning of models that no list has
/// yet. The only place that decides about a newer model: the newest rule of its family, without an upper version, applies to it. Read from
/// <c>rules.json</c> when first needed; immutable and thread-safe.
/// </summary>
internal sealed class FamilyRules
{
    private const string Resource = "Switchyard.rules.json";

    private static readonly Lazy<FamilyRules> s_default = new(Load);

    private readonly List<FamilyRule> _rules;
    private readonly ModelSource _source;

    private FamilyRules(List<FamilyRule> rules, DateOnly date)
    {
        _rules = rules;
        _source = new ModelSource { Name = "Switchyard's family rules", Date = date, Licence = "MIT" };
    }

    /// <summary>The built-in rules.</summary>
    public static FamilyRules Default => s_default.Value;

    /// <summary>All rules.</summary>
    public IReadOnlyList<FamilyRule> All => _rules;

    /// <summary>Completes a model by the rules; creates one that no list has if a rule applies to it. Null if nothing is known.</summary>
    public ModelInfo? Complete(string provider, string model, ModelInfo? found)
    {
        var name = NormalizedNames.Everywhere(model);
        var facts = found?.Facts ?? ModelFacts.Unknown;
        var kind = found?.Kind ?? ModelKind.Chat;
        var prices = found?.Prices ?? [];
        var sources = new List<string>();
        foreach (var rule in _rules)
        {
            if (!rule.HoldsFor(provider, name))
                continue;
            var completed = rule.Complete(facts);
            var corrected = rule.Kind ?? kind;
            var priced = rule.Complete(prices);
            if (completed == facts && corrected == kind && ReferenceEquals(priced, prices))
                continue;
            (facts, kind, prices) = (completed, corrected, priced);
            sources.Add(rule.Source);
        }

        if (sources.Count == 0)
            return found;
        found ??= new ModelInfo { Provider = provider, Id = model, Name = model, Source = _source };
        return found with { Kind = kind, Facts = facts, Prices = prices, Rules = sources };
    }

    private static FamilyRules Load()
    {
        using var stream = typeof(FamilyRules).Assembly.GetManifestResourceStream(Resource)!;
        var file = new byte[stream.Length];
        stream.ReadExactly(file);
        return Read(file);
    }

    /// <exception cref="JsonException">The text is not such a file.</exception>
    internal static FamilyRules Read(ReadOnlySpan<byte> file)
    {
        var rules = new List<FamilyRule>();
        var date = DateOnly.MinValue;
        var reader = new Utf8JsonReader(file);
        reader.Read();
        Expect(ref reader, JsonTokenType.StartObject);
        while (NextMember(ref reader) is { } member)
        {
            switch (member)
            {
                case "date":
                    date = DateOnly.ParseExact(reader.GetString()!, "yyyy-MM-dd", CultureInfo.InvariantCulture);
                    break;
                case "rules":
                    while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                        rules.Add(ReadRule(ref reader));
                    break;
                default:
                    throw Unknown(member);
            }
        }

        return new FamilyRules(rules, date);
    }

    private static FamilyRule ReadRule(ref Utf8JsonReader reader)
    {
        var rule = new FamilyRule();
        var facts = ModelFacts.Unknown;
        DialectId? format = null;
        var when = ModelFormatCondition.Always;
        while (NextMember(ref reader) is { } member)
        {
            switch (member)
            {
                case "models": rule = rule with { Models = Words(ref reader) }; break;
                case "providers": rule = rule with { Providers = Words(ref reader) }; break;
                case "from": rule = rule with { From = FamilyVersion.Parse(reader.GetString()!) }; break;
                case "to": rule = rule with { To = FamilyVersion.Parse(reader.GetString()!) }; break;
                case "unversioned": rule = rule with { Unversioned = reader.GetBoolean() }; break;
                case "corrects": rule = rule with { Corrects = reader.GetBoolean() }; break;
                case "source": rule = rule with { Source = reader.GetString()! }; break;
                case "can": facts = Say(facts, Words(ref reader), true); break;
                case "cannot": facts = Say(facts, Words(ref reader), false); break;
                case "efforts": facts = facts with { ReasoningEfforts = Words(ref reader) }; break;
                case "budget": facts = facts with { TakesReasoningBudget = true, MinReasoningBudget = reader.GetInt32() }; break;
                case "kind": rule = rule with { Kind = Enum.Parse<ModelKind>(reader.GetString()!, ignoreCase: true) }; break;
                case "cache_write_1h_of_in": rule = rule with { HourOfInput = reader.GetDecimal() }; break;
                case "tiers_of_price": rule = WithFactors(rule, Factors(ref reader, onlyIfAsked: false)); break;
                case "asked_tiers_of_price": rule = WithFactors(rule, Factors(ref reader, onlyIfAsked: true)); break;
                case "max_output": facts = facts with { MaxOutputTokens = reader.GetInt32() }; break;
                case "images_as_bytes": facts = facts with { AnswersImagesAsBytes = reader.GetBoolean() }; break;
                case "default_effort": facts = facts with { DefaultEffort = reader.GetString() }; break;
                case "refuses": facts = facts with { RefusedFields = Words(ref reader) }; break;
                case "refuses_reasoning": facts = facts with { RefusedWhileReasoning = Words(ref reader) }; break;
                case "format": format = new DialectId(reader.GetString()!); break;
                case "format_when": when = Condition(reader.GetString()); break;
                default: throw Unknown(member);
            }
        }

        return rule with { Facts = facts with { Format = format is { } dialect ? new ModelFormat(dialect, when) : null } };
    }

    private static ModelFacts Say(ModelFacts facts, List<string> features, bool can)
    {
        foreach (var feature in features)
        {
            facts = feature switch
            {
                "reasoning" => facts with { Reasoning = can },
                "json_schema" => facts with { JsonSchema = can },
                "temperature" => facts with { Temperature = can },
                _ => throw Unknown(feature),
            };
        }

        return facts;
    }

    private static ModelFormatCondition Condition(string? name) => name switch
    {
        "tools" => ModelFormatCondition.Tools,
        "tools_and_reasoning" => ModelFormatCondition.ToolsAndReasoning,
        _ => throw new JsonException($"'{name}' is not a condition of a format."),
    };

    private static FamilyRule WithFactors(FamilyRule rule, List<TierFactor> factors) =>
        rule with { TierFactors = [.. rule.TierFactors, .. factors] };

    private static List<TierFactor> Factors(ref Utf8JsonReader reader, bool onlyIfAsked)
    {
        var factors = new List<TierFactor>();
        Expect(ref reader, JsonTokenType.StartObject);
        while (NextMember(ref reader) is { } tier)
            factors.Add(new(tier, reader.GetDecimal(), onlyIfAsked));
        return factors;
    }

    private static List<string> Words(ref Utf8JsonReader reader)
    {
        var words = new List<string>();
        Expect(ref reader, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
            words.Add(reader.GetString()!);
        return words;
    }
}
