using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Shared.Fields;

/// <summary>
/// The fields in which servers that copy OpenAI chat take how much a model reasons: <c>thinking</c> (a type and a budget), <c>reasoning</c>
/// (an effort or a budget) and <c>enable_thinking</c> with <c>thinking_budget</c>, also in <c>chat_template_kwargs</c>. Their clients send
/// them to every model, so formats that have fields of their own read these; a server of OpenAI chat gets them as they are.
/// </summary>
/// <param name="Effort">The effort; null if only a budget is set.</param>
/// <param name="Budget">The maximum of reasoning tokens; 0 is off, -1 leaves it to the model; null if it is not set.</param>
/// <param name="WantsText">False if the reasoning is to be left out of the answer; null if the client did not state it.</param>
internal readonly record struct ReasoningSwitches(string? Effort, int? Budget, bool? WantsText)
{
    private const string Typed = "thinking", Graded = "reasoning", Flag = "enable_thinking", FlagBudget = "thinking_budget";
    private const string Template = "chat_template_kwargs", OwnEffort = "reasoning_effort";

    private static readonly ReasoningSwitches s_off = new(null, 0, null);

    /// <summary>Whether reasoning is to be off.</summary>
    public bool IsOff => Budget is 0 || (Budget is null && Effort == "none");

    /// <summary>
    /// Reads the fields. One that switches reasoning off decides, and so does the effort <c>none</c> in OpenAI's own field; else the first
    /// that is there in a form that is known, and says something.
    /// </summary>
    public static ReasoningSwitches Read(AdditionalPropertiesDictionary? kept)
    {
        var first = default(ReasoningSwitches);
        if (kept is null)
            return first;
        foreach (var name in (ReadOnlySpan<string>)[Typed, Graded, Flag, Template])
        {
            if (!kept.TryGetValue(name, out var value) || value is not JsonElement field || TryRead(name, field, kept) is not { } found)
                continue;
            if (found.IsOff)
                return found;
            if (first == default)
                first = found;
        }

        return first != default && kept.Text(OwnEffort) == "none" ? s_off : first;
    }

    /// <summary>
    /// Keeps OpenAI's own effort <c>none</c> beside a field of another server that switches reasoning on, which is then named as lost.
    /// </summary>
    public static void KeepContradicted(JsonElement request, AdditionalPropertiesDictionary kept)
    {
        if (request.Text(OwnEffort) == "none" && Read(kept) is { IsOff: false } other && other != default)
            kept[OwnEffort] = request.Member(OwnEffort)!.Value;
    }

    /// <summary>Whether it is the name of one of these fields.</summary>
    public static bool IsName(string name) => name is Typed or Graded or Flag or Template;

    /// <summary>
    /// Whether a kept field is one of these in a form that is known, so that no format loses it. One that contradicts the field that
    /// decides is lost.
    /// </summary>
    public static bool Holds(string name, JsonElement value, AdditionalPropertiesDictionary kept) =>
        name == FlagBudget
            ? value.ValueKind == JsonValueKind.Number && kept.Element(Flag) is { } flag && Holds(Flag, flag, kept)
            : IsName(name) && TryRead(name, value, kept) is { } found && found == Read(kept) && !HasOthers(name, value);

    private static ReasoningSwitches? TryRead(string name, JsonElement field, AdditionalPropertiesDictionary kept) =>
        (name, field.ValueKind) switch
        {
            (Typed, JsonValueKind.Object) => OfType(field),
            (Graded, JsonValueKind.Object) => OfGrade(field),
            (Flag, JsonValueKind.False or JsonValueKind.True) =>
                OfFlag(field, kept.TryGetValue(FlagBudget, out var budget) && budget is JsonElement tokens ? tokens : null),
            (Template, JsonValueKind.Object) when field.Member(Flag) is { ValueKind: JsonValueKind.False or JsonValueKind.True } flag =>
                OfFlag(flag, field.Member(FlagBudget)),
            _ => null,
        };

    private static ReasoningSwitches OfFlag(JsonElement flag, JsonElement? budget) =>
        flag.ValueKind == JsonValueKind.False ? s_off : On(budget is { } tokens ? Tokens(tokens) : null);

    // Without an amount it is left to the model. Models that take only an effort get the middle one, as for adaptive thinking.
    private static ReasoningSwitches On(int? budget) => budget is > 0 ? new(null, budget, null) : new("medium", -1, null);

    private static ReasoningSwitches? OfType(JsonElement field)
    {
        return field.Text("type") switch
        {
            "disabled" => s_off,
            "enabled" => On(field.Member("budget_tokens") is { } budget ? Tokens(budget) : null),
            "adaptive" or "auto" => On(null),
            _ => null,
        };
    }

    // Kimi Code sends "keep", and templates have variables of their own: the type is followed all the same, and the field is named as one
    // that is not carried whole.
    private static bool HasOthers(string name, JsonElement field)
    {
        if (name is not (Typed or Template))
            return false;
        var (first, second) = name == Typed ? ("type", "budget_tokens") : (Flag, FlagBudget);
        foreach (var member in field.EnumerateObject())
        {
            if (!member.NameEquals(first) && !member.NameEquals(second) && !FieldDefaults.IsEmpty(member.Value))
                return true;
        }

        return false;
    }

    private static ReasoningSwitches? OfGrade(JsonElement field)
    {
        string? effort = null;
        int? budget = null;
        bool? enabled = null, text = null;
        foreach (var member in field.EnumerateObject())
        {
            switch (member.Name, member.Value.ValueKind)
            {
                case (_, JsonValueKind.Null):
                    break;
                case ("effort", _) when ReasoningRequest.IsKnown(member.Value):
                    effort = member.Value.GetString();
                    break;
                case ("max_tokens", JsonValueKind.Number):
                    budget = Tokens(member.Value);
                    break;
                case ("enabled", JsonValueKind.True or JsonValueKind.False):
                    enabled = member.Value.GetBoolean();
                    break;
                case ("exclude", JsonValueKind.True or JsonValueKind.False):
                    text = member.Value.GetBoolean() ? false : null;
                    break;
                default:
                    return null;
            }
        }

        if (enabled is false)
            return s_off;
        if (effort == "none")
            budget = null;
        var asked = effort is not null || budget is not null
            ? new ReasoningSwitches(effort, budget, null)
            : enabled is true ? On(null) : default;
        return asked with { WantsText = text };
    }

    private static int? Tokens(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && WireJson.WholeNumber(value) is >= 0 and var tokens
            ? (int)Math.Min(tokens, int.MaxValue)
            : null;
}
