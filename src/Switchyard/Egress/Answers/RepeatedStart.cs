using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Egress.Exchange;

namespace Switchyard.Egress.Answers;

/// <summary>
/// Leaves out the beginning of an answer that a client has written itself, as its last assistant message, if the provider repeats it: in
/// the client's format the answer goes on after it. An answer that begins otherwise stays as it is. Belongs to one answer.
/// </summary>
internal sealed class RepeatedStart
{
    private readonly string _start;

    // By choice, the text that may still be the beginning; null once that is decided.
    private readonly Dictionary<int, string?> _held = [];

    private RepeatedStart(string start) => _start = start;

    /// <summary>The beginning to leave out of an attempt's answer; null for none, as for a client of the provider's own format.</summary>
    public static RepeatedStart? Of(UpstreamExchange exchange)
    {
        if (exchange.Target.Quirks.PrefillField is not { } field || exchange.Attempt.Mode != EgressMode.Translate
            || exchange.Call.Envelope.Operation != CallOperation.Chat || exchange.Call.ClientDialect == exchange.Dialect.Id
            || exchange.Call.Body.GetCanonical() is not CanonicalChatRequest { Messages: [.., var last] }
            || last.Role != ChatRole.Assistant || last.AdditionalProperties.Element(field) is not null
            || last.Contents.Any(content => content is FunctionCallContent))
        {
            return null;
        }

        var start = string.Concat(last.Contents.OfType<TextContent>().Select(text => text.Text));
        return start.Length == 0 ? null : new RepeatedStart(start);
    }

    /// <summary>Leaves it out of a whole message.</summary>
    public void LeaveOut(ChatMessage message)
    {
        string? held = "";
        message.Contents = Without(message.Contents, ref held, isEnd: true);
    }

    /// <summary>Leaves it out of the pieces of a stream. Text that may still be the beginning is held back.</summary>
    public void LeaveOut(ChatResponseUpdate update)
    {
        var choice = update.AdditionalProperties.Number(CanonicalKeys.ChoiceIndex) ?? 0;
        if (!_held.TryGetValue(choice, out var held))
            held = "";
        if (held is null)
            return;
        update.Contents = Without(update.Contents, ref held, isEnd: update.FinishReason is not null);
        _held[choice] = held;
    }

    /// <summary>The text that is still held back when a stream ends without a reason; null for none.</summary>
    public ChatResponseUpdate? TakeRest()
    {
        foreach (var (choice, held) in _held)
        {
            if (string.IsNullOrEmpty(held))
                continue;
            _held[choice] = null;
            return new ChatResponseUpdate(ChatRole.Assistant, held)
            {
                AdditionalProperties = choice == 0 ? null : new() { [CanonicalKeys.ChoiceIndex] = choice },
            };
        }

        return null;
    }

    private List<AIContent> Without(IList<AIContent> contents, ref string? held, bool isEnd)
    {
        var kept = new List<AIContent>(contents.Count);
        foreach (var content in contents)
        {
            if (held is not null && content is TextContent text)
            {
                text.Text = Without(text.Text, ref held);
                if (text.Text.Length == 0 && text.Annotations is not { Count: > 0 })
                    continue;
            }
            else if (content is not (TextReasoningContent or UsageContent))
            {
                // The text of the answer has ended before it was as long as the beginning.
                Release(kept, ref held);
            }

            kept.Add(content);
        }

        if (isEnd)
            Release(kept, ref held);
        return kept;
    }

    /// <summary>What can be given of a piece of text.</summary>
    private string Without(string piece, ref string? held)
    {
        var all = held + piece;
        if (all.Length < _start.Length && _start.StartsWith(all, StringComparison.Ordinal))
        {
            held = all;
            return "";
        }

        held = null;
        return all.StartsWith(_start, StringComparison.Ordinal) ? all[_start.Length..] : all;
    }

    private static void Release(List<AIContent> kept, ref string? held)
    {
        if (!string.IsNullOrEmpty(held))
            kept.Add(new TextContent(held));
        held = null;
    }
}
