using System.Globalization;
using System.Text.Json;
using Switchyard.Targets;
using static Switchyard.Models.CatalogueJson;

namespace Switchyard.Models;

/// <summary>
/// Reads one provider's file, as <c>eng/generate-models</c> writes it. Written by hand, because the file is read during a first call:
/// compiling the serialiser's generated code took 200 ms of it, this takes 40. An unknown member is an error, so that generator and reader
/// cannot drift apart.
/// </summary>
internal static class ModelCatalogReader
{
    public static List<ModelInfo> Read(ReadOnlySpan<byte> file)
    {
        var reader = new Utf8JsonReader(file);
        var (provider, sources) = EnterModels(ref reader);
        var models = new List<ModelInfo>();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            models.Add(ReadModel(ref reader, provider, sources));
        if (NextMember(ref reader) is { } member)
            throw Unknown(member);
        return models;
    }

    /// <summary>Reads the one model that begins at a byte of the file.</summary>
    public static ModelInfo ReadAt(ReadOnlySpan<byte> file, int start)
    {
        var reader = new Utf8JsonReader(file);
        var (provider, sources) = EnterModels(ref reader);
        var model = new Utf8JsonReader(file[start..]);
        model.Read();
        return ReadModel(ref model, provider, sources);
    }

    /// <summary>Reads the members that all models of the file share, and steps into the list of models, the file's last member.</summary>
    public static (string Provider, List<ModelSource> Sources) EnterModels(ref Utf8JsonReader reader)
    {
        reader.Read();
        var provider = "";
        var sources = new List<ModelSource>();
        while (NextMember(ref reader) is { } member)
        {
            switch (member)
            {
                case "provider":
                    provider = reader.GetString()!;
                    break;
                case "sources":
                    while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                        sources.Add(ReadSource(ref reader));
                    break;
                case "models":
                    return (provider, sources);
                default:
                    throw Unknown(member);
            }
        }

        throw new JsonException("The file has no models.");
    }

    /// <summary>Reads the id of the reader's current model, and skips the rest of it.</summary>
    public static string ReadId(ref Utf8JsonReader reader)
    {
        var id = "";
        while (NextMember(ref reader) is { } member)
        {
            if (member == "id")
                id = reader.GetString()!;
            else
                reader.Skip();
        }

        return id;
    }

    private static ModelSource ReadSource(ref Utf8JsonReader reader)
    {
        string name = "", commit = "", licence = "";
        var date = default(DateOnly);
        while (NextMember(ref reader) is { } member)
        {
            switch (member)
            {
                case "name": name = reader.GetString()!; break;
                case "commit": commit = reader.GetString()!; break;
                case "licence": licence = reader.GetString()!; break;
                case "date": date = Date(ref reader); break;
                default: throw Unknown(member);
            }
        }

        return new ModelSource { Name = name, Commit = commit, Date = date, Licence = licence };
    }

    private static ModelInfo ReadModel(ref Utf8JsonReader reader, string provider, List<ModelSource> sources)
    {
        var entry = new ModelEntry(provider, sources);
        while (NextMember(ref reader) is { } member)
            entry.Take(member, ref reader);
        return entry.ToModel();
    }

    private static ModelPricing ReadPrice(ref Utf8JsonReader reader, List<ModelSource> sources, ModelSource source)
    {
        var rates = new ModelRates();
        var unit = PriceUnit.Tokens;
        List<PriceTier> tiers = [];
        DateOnly? from = null;
        while (NextMember(ref reader) is { } member)
        {
            switch (member)
            {
                case "unit": unit = Enum.Parse<PriceUnit>(reader.GetString()!, ignoreCase: true); break;
                case "from": from = Date(ref reader); break;
                case "source": source = sources[reader.GetInt32()]; break;
                case "tiers":
                    while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                        tiers.Add(ReadTier(ref reader));
                    break;
                default: rates = With(rates, member, reader.GetDecimal()); break;
            }
        }

        return new ModelPricing { Source = source, Rates = rates, Unit = unit, Tiers = tiers, From = from };
    }

    private static PriceTier ReadTier(ref Utf8JsonReader reader)
    {
        var rates = new ModelRates();
        var above = 0;
        while (NextMember(ref reader) is { } member)
        {
            if (member == "above")
                above = reader.GetInt32();
            else
                rates = With(rates, member, reader.GetDecimal());
        }

        return new PriceTier(above, rates);
    }

    private static ModelRates With(ModelRates rates, string member, decimal rate) => member switch
    {
        "in" => rates with { Input = rate },
        "out" => rates with { Output = rate },
        "cache_read" => rates with { CacheRead = rate },
        "cache_write" => rates with { CacheWrite = rate },
        "cache_write_1h" => rates with { CacheWriteHour = rate },
        "audio_in" => rates with { AudioInput = rate },
        "audio_out" => rates with { AudioOutput = rate },
        "reasoning" => rates with { Reasoning = rate },
        _ => throw Unknown(member),
    };

    private static (int? Min, int? Max) ReadBudget(ref Utf8JsonReader reader)
    {
        int? min = null, max = null;
        while (NextMember(ref reader) is { } member)
        {
            if (member == "min")
                min = reader.GetInt32();
            else if (member == "max")
                max = reader.GetInt32();
            else
                throw Unknown(member);
        }

        return (min, max);
    }

    private static List<string> Words(ref Utf8JsonReader reader)
    {
        var words = new List<string>(4);
        // Every entry repeats the same dozen words, so they are interned.
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
            words.Add(string.Intern(reader.GetString()!));
        return words;
    }

    private static DateOnly Date(ref Utf8JsonReader reader) =>
        DateOnly.ParseExact(reader.GetString()!, "yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>The members of a model's entry that have been read so far.</summary>
    private struct ModelEntry(string provider, List<ModelSource> sources)
    {
        private readonly List<ModelPricing> _later = [];
        private ModelSource _source = sources[0];
        private string _id = "";
        private string? _name;
        private ModelKind _kind = ModelKind.Chat;
        private int? _context;
        private int? _maxInput;
        private int? _maxOutput;
        private IReadOnlyList<string> _input = [];
        private IReadOnlyList<string> _output = [];
        private IReadOnlyList<string> _can = [];
        private IReadOnlyList<string> _cannot = [];
        private IReadOnlyList<string> _efforts = [];
        private (int? Min, int? Max)? _budget;
        private bool _toggle;
        private string? _reasoningField;
        private ModelPricing? _price;
        private bool? _confirmed;
        private string? _released;
        private string? _status;

        public void Take(string member, ref Utf8JsonReader reader)
        {
            switch (member)
            {
                case "id": _id = reader.GetString()!; break;
                case "name": _name = reader.GetString(); break;
                case "kind": _kind = Enum.Parse<ModelKind>(reader.GetString()!, ignoreCase: true); break;
                case "context": _context = reader.GetInt32(); break;
                case "max_input": _maxInput = reader.GetInt32(); break;
                case "max_output": _maxOutput = reader.GetInt32(); break;
                case "input": _input = Words(ref reader); break;
                case "output": _output = Words(ref reader); break;
                case "can": _can = Words(ref reader); break;
                case "cannot": _cannot = Words(ref reader); break;
                case "efforts": _efforts = Words(ref reader); break;
                case "budget": _budget = ReadBudget(ref reader); break;
                case "toggle": _toggle = reader.GetBoolean(); break;
                case "reasoning_field": _reasoningField = reader.GetString(); break;
                case "price": _price = ReadPrice(ref reader, sources, sources[0]); break;
                case "later_prices":
                    while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                        _later.Add(ReadPrice(ref reader, sources, sources[0]));
                    break;
                case "checked": _confirmed = reader.GetString() == "agrees"; break;
                case "released": _released = reader.GetString(); break;
                case "status": _status = reader.GetString(); break;
                case "source": _source = sources[reader.GetInt32()]; break;
                default: throw Unknown(member);
            }
        }

        public readonly ModelInfo ToModel() => new()
        {
            Provider = provider,
            Id = _id,
            Name = _name ?? _id,
            Kind = _kind,
            Source = _source,
            Facts = new ModelFacts
            {
                ContextWindow = _context,
                MaxOutputTokens = _maxOutput,
                Temperature = Says("temperature"),
                JsonSchema = Says("json_schema"),
                Tools = Says("tools"),
                Vision = Says("vision"),
                Reasoning = Says("reasoning"),
                ReasoningEfforts = _efforts,
                TakesReasoningBudget = _budget is not null,
                MinReasoningBudget = _budget?.Min,
                MaxReasoningBudget = _budget?.Max,
            },
            MaxInputTokens = _maxInput,
            InputModalities = _input,
            OutputModalities = _output,
            Pdf = Says("pdf"),
            AudioInput = Says("audio_in"),
            ReasoningToggle = _toggle,
            ReasoningField = _reasoningField,
            Prices = _price is null ? [] : [_price with { Source = _source, Confirmed = _confirmed }, .. _later],
            Released = _released,
            Status = _status,
        };

        private readonly bool? Says(string feature) => _can.Contains(feature) ? true : _cannot.Contains(feature) ? false : null;
    }
}
