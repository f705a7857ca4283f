using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Dialects.Shared.Tools;

/// <summary>
/// The limits on tool calls of one streamed answer. Their arguments are gathered while the answer runs, in several copies, so a provider
/// could fill the memory with them; and every piece is looked up among the calls. One budget belongs to one stream.
/// </summary>
internal sealed class ToolCallBudget
{
    /// <summary>The most calls. Models make a few, and no API offers more than some hundred tools.</summary>
    public const int MostCalls = 1024;

    /// <summary>The most characters of arguments of all calls, 16 M: no model can write a tenth of it.</summary>
    public const int MostCharacters = 16 * 1024 * 1024;

    private int _calls;
    private long _characters;

    /// <summary>A call, or an item that may be one, begins.</summary>
    /// <exception cref="CallException">It is one too many (<see cref="CallErrorKind.UpstreamUnavailable"/>).</exception>
    public void Begin()
    {
        if (++_calls > MostCalls)
        {
            throw new CallException(
                CallErrorKind.UpstreamUnavailable, $"The provider's answer holds more than {MostCalls} tool calls or items.");
        }
    }

    /// <summary>A whole call was read.</summary>
    /// <exception cref="CallException">It is one too many, or too long.</exception>
    public void Take(FunctionCallContent call)
    {
        Begin();
        Take(ToolArguments.ToText(call));
    }

    /// <summary>A piece of arguments was read.</summary>
    /// <exception cref="CallException">The arguments are too long (<see cref="CallErrorKind.UpstreamUnavailable"/>).</exception>
    public void Take(string piece)
    {
        _characters += piece.Length;
        if (_characters > MostCharacters)
        {
            throw new CallException(
                CallErrorKind.UpstreamUnavailable,
                $"The arguments of the provider's tool calls are longer than {MostCharacters / (1024 * 1024)} million characters.");
        }
    }
}
