using System.Collections.Frozen;
using Switchyard.Calls;
using Switchyard.Dialects.AnthropicMessages;
using Switchyard.Dialects.BedrockConverse;
using Switchyard.Dialects.Cohere;
using Switchyard.Dialects.Gemini;
using Switchyard.Dialects.Ollama;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.Dialects.OpenAIResponses;
using Switchyard.Dialects.Plain;

namespace Switchyard.Dialects;

/// <summary>The dialects this engine speaks. Immutable and thread-safe.</summary>
public sealed class DialectSet(IEnumerable<IIngressDialect> ingress, IEnumerable<IEgressDialect> egress)
{
    private readonly FrozenDictionary<DialectId, IIngressDialect> _ingress = ingress.ToFrozenDictionary(d => d.Id);
    private readonly FrozenDictionary<DialectId, IEgressDialect> _egress = egress.ToFrozenDictionary(d => d.Id);

    /// <summary>Every dialect of this version.</summary>
    public static DialectSet Default { get; } = CreateDefault();

    /// <summary>The names of the formats clients may speak.</summary>
    public IEnumerable<DialectId> IngressIds => _ingress.Keys;

    /// <summary>The names of the formats providers may speak.</summary>
    public IEnumerable<DialectId> EgressIds => _egress.Keys;

    /// <summary>Whether providers may speak the format.</summary>
    public bool Speaks(DialectId id) => _egress.ContainsKey(id);

    /// <summary>The client's side of a format.</summary>
    /// <exception cref="KeyNotFoundException">This engine does not speak it.</exception>
    public IIngressDialect Ingress(DialectId id) => _ingress[id];

    /// <summary>The client's side of a format; null when this engine does not speak it.</summary>
    public IIngressDialect? FindIngress(DialectId id) => _ingress.GetValueOrDefault(id);

    /// <summary>The provider's side of a format.</summary>
    /// <exception cref="CallException">This engine does not speak it (<see cref="CallErrorKind.ProviderUnavailable"/>).</exception>
    public IEgressDialect Egress(DialectId id) => _egress.TryGetValue(id, out var dialect)
        ? dialect
        : throw new CallException(CallErrorKind.ProviderUnavailable, $"The dialect '{id}' is not spoken by this version.");

    /// <summary>The formats that have a list of models of their own shape.</summary>
    internal static IReadOnlyList<IModelListEncoder> ModelLists { get; } = [new AnthropicMessages.ModelListEncoder(), new Gemini.ModelListEncoder()];

    private static DialectSet CreateDefault()
    {
        var openAI = new OpenAIChatDialect();
        var responses = new OpenAIResponsesDialect();
        var anthropic = new AnthropicMessagesDialect();
        var gemini = new GeminiDialect();
        return new DialectSet(
            [openAI, responses, anthropic, gemini, new PlainDialect(openAI)],
            [openAI, responses, anthropic, gemini, new BedrockConverseDialect(), new CohereDialect(), new OllamaDialect()]);
    }
}
