using System.Collections.Frozen;
using Switchyard.Calls;
using Switchyard.Dialects.AnthropicMessages;
using Switchyard.Dialects.BedrockConverse;
using Switchyard.Dialects.Gemini;
using Switchyard.Dialects.Ollama;
using Switchyard.Dialects.OpenAIChat;
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

    /// <summary>The client's side of a format.</summary>
    /// <exception cref="KeyNotFoundException">This engine does not speak it.</exception>
    public IIngressDialect Ingress(DialectId id) => _ingress[id];

    /// <summary>The provider's side of a format.</summary>
    /// <exception cref="CallException">This engine does not speak it (<see cref="CallErrorKind.ProviderUnavailable"/>).</exception>
    public IEgressDialect Egress(DialectId id) => _egress.TryGetValue(id, out var dialect)
        ? dialect
        : throw new CallException(CallErrorKind.ProviderUnavailable, $"The dialect '{id}' is not spoken by this version.");

    private static DialectSet CreateDefault()
    {
        var openAI = new OpenAIChatDialect();
        var anthropic = new AnthropicMessagesDialect();
        var gemini = new GeminiDialect();
        return new DialectSet(
            [openAI, anthropic, gemini, new PlainDialect(openAI)],
            [openAI, anthropic, gemini, new BedrockConverseDialect(), new OllamaDialect()]);
    }
}
