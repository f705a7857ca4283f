using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.Targets;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>The tools and the tool choice of a request, decided from all its fields about them.</summary>
/// <param name="Functions">The functions the model may call, in the request's order, each with its path there.</param>
/// <param name="Synthesised">
/// Names of functions that only the history calls: the API refuses such a history without a list of tools.
/// </param>
/// <param name="Choice"><c>auto</c>, <c>any</c> or a function's name; null leaves it to the model.</param>
/// <param name="IsForced">Whether the model must call.</param>
internal sealed record ToolPlan(
    List<(AIFunctionDeclaration Tool, string Path)> Functions, List<string> Synthesised, string? Choice, bool IsForced)
{
    /// <summary>Whether the request has a list of tools.</summary>
    public bool HasTools => Functions.Count + Synthesised.Count > 0;

    /// <summary>Makes the plan.</summary>
    public static ToolPlan Of(ChatOptions options, List<Turn> turns, LossReport losses)
    {
        var functions = new List<(AIFunctionDeclaration, string)>();
        for (var i = 0; i < (options.Tools?.Count ?? 0); i++)
        {
            if (options.Tools![i] is AIFunctionDeclaration function)
                functions.Add((function, $"tools[{i}]"));
            else
                ForeignTools.LeaveOut(options.Tools[i], i, options, losses);
        }

        var mode = options.ToolMode;
        if (options.AdditionalProperties.Element("tool_choice") is not null && !Restrict(options, functions))
            losses.Drop("tool_choice");

        var history = turns.SelectMany(turn => turn.Contents).Select(item => item.Content).OfType<FunctionCallContent>()
            .Select(call => call.Name).Distinct(StringComparer.Ordinal).ToList();
        if (mode is NoneChatToolMode && functions.Count > 0)
        {
            // The API has no choice "none". Leaving the tools out has the same effect, but a history of calls requires them.
            if (history.Count == 0)
                return new ToolPlan([], [], Choice: null, IsForced: false);
            losses.Drop("tool_choice");
            return new ToolPlan(functions, [], "auto", IsForced: false);
        }

        if (functions.Count == 0)
        {
            if (mode is RequiredChatToolMode)
                losses.Drop("tool_choice");
            return new ToolPlan([], history, Choice: null, IsForced: false);
        }

        return mode switch
        {
            RequiredChatToolMode { RequiredFunctionName: { } name } => new ToolPlan(functions, [], name, IsForced: true),
            RequiredChatToolMode => new ToolPlan(functions, [], "any", IsForced: true),
            AutoChatToolMode => new ToolPlan(functions, [], "auto", IsForced: false),
            _ => new ToolPlan(functions, [], Choice: null, IsForced: false),
        };
    }

    /// <summary>Leaves only the tools of an <c>allowed_tools</c> choice.</summary>
    /// <returns>False for another kind of choice, or one that allows none of the functions.</returns>
    private static bool Restrict(ChatOptions options, List<(AIFunctionDeclaration Tool, string Path)> functions)
    {
        if (ToolSelection.Allowed(options) is not { } allowed || !functions.Exists(function => allowed.Contains(function.Tool.Name)))
            return false;
        functions.RemoveAll(function => !allowed.Contains(function.Tool.Name));
        return true;
    }
}

/// <summary>Writes <c>toolConfig</c>.</summary>
internal static class ToolEncoder
{
    public static void Write(
        Utf8JsonWriter writer, ToolPlan plan, EgressTarget target, ModelFamily family, CacheMarks marks, LossReport losses)
    {
        if (!plan.HasTools)
            return;
        var takesStrict = ModelFamilies.TakesSchema(family, target);
        writer.WriteStartObject("toolConfig"u8);
        writer.WriteStartArray("tools"u8);
        foreach (var (tool, path) in plan.Functions)
        {
            MessageEncoder.CheckName(tool.Name, path + ".function");
            ReportMembers(tool, path, losses);
            var strict = ClosedSchema.OfTool(tool, takesStrict, losses, path);
            Begin(writer, tool.Name, tool.Description);
            if (strict is { } schema && family == ModelFamily.Claude)
                ClosedSchema.Write(writer, schema, losses, path + ".function.parameters");
            else
                ToolSchema.WriteObject(writer, DeclaredFunction.SchemaOf(tool), "$schema", "$id");
            End(writer, strict is not null);
            marks.Write(CacheMarks.HintOf(tool.AdditionalProperties), path, onTool: true);
        }

        foreach (var name in plan.Synthesised)
        {
            Begin(writer, name, "");
            ToolSchema.WriteObject(writer, null);
            End(writer, isStrict: false);
        }

        writer.WriteEndArray();
        WriteChoice(writer, plan);
        writer.WriteEndObject();
    }

    private static void Begin(Utf8JsonWriter writer, string name, string description)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("toolSpec"u8);
        writer.WriteString("name"u8, name);
        // The API refuses an empty description.
        writer.WriteString("description"u8, string.IsNullOrWhiteSpace(description) ? name : description);
        writer.WriteStartObject("inputSchema"u8);
        writer.WritePropertyName("json"u8);
    }

    private static void End(Utf8JsonWriter writer, bool isStrict)
    {
        writer.WriteEndObject();
        if (isStrict)
            writer.WriteBoolean("strict"u8, true);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteChoice(Utf8JsonWriter writer, ToolPlan plan)
    {
        if (plan.Choice is not { } choice)
            return;
        writer.WriteStartObject("toolChoice"u8);
        if (plan.IsForced && choice != "any")
        {
            writer.WriteStartObject("tool"u8);
            writer.WriteString("name"u8, choice);
        }
        else
        {
            writer.WriteStartObject(choice);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void ReportMembers(AIFunctionDeclaration tool, string path, LossReport losses)
    {
        foreach (var (name, value) in tool.AdditionalProperties)
        {
            var own = name[(name.IndexOf(':', StringComparison.Ordinal) + 1)..];
            // A "raw:" entry is the whole tool in the client's format, not one of its members.
            var isMember = value is JsonElement member && !name.StartsWith(CanonicalKeys.RawPrefix, StringComparison.Ordinal)
                && !FieldDefaults.IsForeignDefault(own, member);
            if (isMember && name != CanonicalKeys.StrictArguments && !KeptFields.IsCacheHint(own, (JsonElement)value!))
            {
                losses.Drop($"{path}.{own}");
            }
        }
    }
}
