using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.Targets;

namespace Switchyard.Egress.Fitting;

/// <summary>
/// Custom tools and namespaces of tools, which OpenAI's formats have, as functions for a target without them: a namespace's tools are
/// listed side by side under both names, a custom tool takes its text as an argument. In the answer they have the client's form again. One
/// instance per answer.
/// </summary>
internal sealed class WrappedTools
{
    private const string Choice = "tool_choice";

    private static readonly string s_namespace = CanonicalKeys.Own(DialectId.OpenAIResponses, "namespace");
    private static readonly string s_ownChoice = CanonicalKeys.Own(DialectId.OpenAIResponses, Choice);

    private readonly bool _flattens;
    private readonly bool _wraps;
    private readonly HashSet<string> _customs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Namespace, string Name)> _members = new(StringComparer.Ordinal);
    private readonly HashSet<int> _held = [];

    /// <summary>The ids of the history's calls of custom tools, whose results are those of functions then.</summary>
    private readonly HashSet<string> _wrappedCalls = new(StringComparer.Ordinal);

    private WrappedTools(bool flattens, bool wraps) => (_flattens, _wraps) = (flattens, wraps);

    /// <summary>The request with functions in their place; the same one if it has no such tool or the target takes it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="target">The target.</param>
    /// <param name="dialect">Its format.</param>
    /// <param name="wrapped">Restores the answer; null if nothing was changed.</param>
    public static CanonicalChatRequest Apply(
        CanonicalChatRequest request, EgressTarget target, DialectId dialect, out WrappedTools? wrapped)
    {
        var tools = new WrappedTools(!TakesNamespaces(target.Quirks, dialect), !TakesCustom(target.Quirks, dialect));
        var isNeeded = tools.HasWrapped(request);
        wrapped = isNeeded ? tools : null;
        return isNeeded ? tools.Apply(request) : request;
    }

    /// <summary>Whether a body in the target's own format may hold such tools, which the target does not take.</summary>
    public static bool MayHold(ReadOnlySpan<byte> body, ProviderQuirks quirks, DialectId dialect) =>
        (dialect == DialectId.OpenAIChat || dialect == DialectId.OpenAIResponses)
        && ((!TakesCustom(quirks, dialect) && body.IndexOf("\"custom\""u8) >= 0)
            || (!TakesNamespaces(quirks, dialect) && body.IndexOf("\"namespace\""u8) >= 0));

    /// <summary>Whether a request holds such tools, which the target does not take.</summary>
    public static bool HasWrapped(CanonicalChatRequest request, ProviderQuirks quirks, DialectId dialect) =>
        new WrappedTools(!TakesNamespaces(quirks, dialect), !TakesCustom(quirks, dialect)).HasWrapped(request);

    /// <summary>
    /// Restores the form of an answer's calls. Pieces of a custom tool's call, and of the calls after it, wait for the whole call.
    /// </summary>
    public void Restore(IList<AIContent> contents)
    {
        for (var i = 0; i < contents.Count; i++)
        {
            switch (contents[i])
            {
                case ToolCallFragment piece when IsHeld(piece):
                    contents.RemoveAt(i--);
                    break;
                case ToolCallFragment { Name: { } name } piece when _members.TryGetValue(name, out var member):
                    contents[i] = new ToolCallFragment
                    {
                        Index = piece.Index,
                        CallId = piece.CallId,
                        Name = member.Name,
                        Arguments = piece.Arguments,
                        AdditionalProperties = With(piece.AdditionalProperties, member.Namespace),
                    };
                    break;
                case FunctionCallContent call:
                    contents[i] = Restored(call);
                    break;
            }
        }
    }

    private FunctionCallContent Restored(FunctionCallContent call)
    {
        var restored = _customs.Contains(call.Name) ? CustomTools.AsCustomCall(call) : call;
        if (!_members.TryGetValue(call.Name, out var member))
            return restored;
        restored = ToolRenaming.Named(restored, member.Name);
        restored.AdditionalProperties = With(restored.AdditionalProperties, member.Namespace);
        return restored;
    }

    private static bool TakesCustom(ProviderQuirks quirks, DialectId dialect) =>
        quirks.CustomTools && (dialect == DialectId.OpenAIChat || dialect == DialectId.OpenAIResponses);

    private static bool TakesNamespaces(ProviderQuirks quirks, DialectId dialect) =>
        quirks.CustomTools && dialect == DialectId.OpenAIResponses;

    private bool HasWrapped(CanonicalChatRequest request) =>
        (request.Options.Tools ?? []).Any(tool =>
            (_flattens && tool is DeclaredNamespace) || (_wraps && CustomTools.AsFunction(tool) is not null))
        || request.Messages.Any(message => message.Contents.Any(content => content is FunctionCallContent call
            && ((_wraps && CustomTools.IsCustom(call)) || (_flattens && NamespaceOf(call) is not null))));

    private CanonicalChatRequest Apply(CanonicalChatRequest request)
    {
        var options = request.Options.Clone();
        if (options.Tools is { } tools)
        {
            options.Tools = [.. tools.SelectMany(Functions)];
            Choose(options, new(tools.Where(tool => tool is not DeclaredNamespace).Select(tool => tool.Name), StringComparer.Ordinal));
        }

        return request.With([.. request.Messages.Select(Message)], options);
    }

    /// <summary>Makes the choice one among the functions, under their fitted names.</summary>
    /// <param name="options">The options, whose tools are functions.</param>
    /// <param name="alone">The names of the client's tools that are in no namespace.</param>
    private void Choose(ChatOptions options, HashSet<string> alone)
    {
        var kept = options.AdditionalProperties;
        var choices = new ToolChoices(_members, alone);
        if (options.ToolMode is RequiredChatToolMode { RequiredFunctionName: { } forced })
        {
            options.ToolMode = ChatToolMode.RequireSpecific(choices.NameOf(forced, kept.Element(s_ownChoice)?.Text("namespace")));
            if (_flattens)
                kept?.Remove(s_ownChoice);
        }
        else if (kept.Element(Choice) is { } choice)
        {
            // The canonical mode beside a custom tool's choice only means that some tool must be called.
            if (choice.Text("type") == "custom" && choice.Member("custom") is { } custom && custom.Text("name") is { } name
                && choices.NameOf(name, custom.Text("namespace")) is var called && _customs.Contains(called))
            {
                options.ToolMode = ChatToolMode.RequireSpecific(called);
                kept!.Remove(Choice);
            }
            else if (choice.Member("allowed_tools") is { ValueKind: JsonValueKind.Object } allowed)
            {
                kept![Choice] = choices.Allow(allowed, _customs);
            }
        }
    }

    private IEnumerable<AITool> Functions(AITool tool)
    {
        if (_flattens && tool is DeclaredNamespace group)
        {
            foreach (var member in group.Members)
            {
                var name = Flat(group.Name, member.Name);
                if (CustomTools.AsFunction(member) is { } free)
                    yield return Wrapped(free, name);
                else if (member is DeclaredFunction function)
                    yield return new DeclaredFunction(name, function.WireDescription, function.WireSchema, Copy(function));
                else
                    continue;
                _members[name] = (group.Name, member.Name);
            }
        }
        else if (_wraps && CustomTools.AsFunction(tool) is { } custom)
        {
            yield return Wrapped(custom, custom.Name);
        }
        else
        {
            yield return tool;
        }
    }

    private DeclaredFunction Wrapped(DeclaredFunction function, string name)
    {
        _customs.Add(name);
        return new DeclaredFunction(name, function.WireDescription, function.WireSchema, Copy(function));
    }

    private ChatMessage Message(ChatMessage message)
    {
        if (!message.Contents.Any(IsChanged))
            return message;
        var changed = message.Clone();
        changed.Contents = [.. message.Contents.Select(content => content switch
        {
            FunctionCallContent call => Call(call),
            FunctionResultContent result when _wrappedCalls.Contains(result.CallId) => Result(result),
            _ => content,
        })];
        return changed;
    }

    private bool IsChanged(AIContent content) => content switch
    {
        FunctionCallContent call => CustomTools.IsCustom(call) || NamespaceOf(call) is not null,
        FunctionResultContent result => _wrappedCalls.Contains(result.CallId),
        _ => false,
    };

    private FunctionCallContent Call(FunctionCallContent call)
    {
        var group = _flattens ? NamespaceOf(call) : null;
        if (_wraps && CustomTools.IsCustom(call))
        {
            _wrappedCalls.Add(call.CallId);
            call = CustomTools.AsFunctionCall(call);
        }

        if (group is null)
            return call;
        var named = ToolRenaming.Named(call, Flat(group, call.Name));
        // The item as the client sent it has the namespace as well.
        named.AdditionalProperties = WithoutItem(call.AdditionalProperties);
        named.AdditionalProperties.Remove(s_namespace);
        return named;
    }

    private static FunctionResultContent Result(FunctionResultContent result) => new(result.CallId, result.Result)
    {
        Exception = result.Exception,
        Annotations = result.Annotations,
        // The item as the client sent it is the result of a custom tool.
        AdditionalProperties = WithoutItem(result.AdditionalProperties),
        RawRepresentation = result.RawRepresentation,
    };

    /// <summary>The members without the whole item they came in. Its further members are also kept one by one.</summary>
    private static AdditionalPropertiesDictionary WithoutItem(AdditionalPropertiesDictionary? kept)
    {
        var all = new AdditionalPropertiesDictionary();
        foreach (var (key, value) in kept ?? [])
        {
            if (!key.StartsWith(CanonicalKeys.RawPrefix, StringComparison.Ordinal))
                all[key] = value;
        }

        return all;
    }

    private bool IsHeld(ToolCallFragment piece)
    {
        // Later calls wait as well, so that they keep their order.
        if (piece.Name is { } name && (_held.Count > 0 || _customs.Contains(name)))
            _held.Add(piece.Index);
        return _held.Contains(piece.Index);
    }

    private static string? NamespaceOf(FunctionCallContent call) => call.AdditionalProperties.Text(s_namespace);

    /// <summary>Joins both names. The namespaces of MCP servers end in the separator already.</summary>
    private static string Flat(string group, string name) =>
        group.EndsWith("__", StringComparison.Ordinal) ? group + name : $"{group}__{name}";

    private static AdditionalPropertiesDictionary Copy(AITool tool)
    {
        var copy = new AdditionalPropertiesDictionary();
        foreach (var (key, value) in tool.AdditionalProperties)
            copy[key] = value;
        return copy;
    }

    private static AdditionalPropertiesDictionary With(AdditionalPropertiesDictionary? kept, string group)
    {
        var all = kept is null ? [] : new AdditionalPropertiesDictionary(kept);
        all[s_namespace] = JsonElement.Parse(WireJson.Quote(group));
        return all;
    }
}
