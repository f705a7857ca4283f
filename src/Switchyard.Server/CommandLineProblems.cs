using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Switchyard.Common;

namespace Switchyard.Server;

/// <summary>What is wrong with the arguments of the program, with the word that was probably meant.</summary>
internal static partial class CommandLineProblems
{
    /// <summary>The problems, one message each; empty for a command line that can be run.</summary>
    public static IReadOnlyList<string> Of(ParseResult parsed)
    {
        // Help is printed whatever else is on the line.
        if (parsed.Action is { ClearsParseErrors: true })
            return [];
        var unknown = UnknownOptions(parsed);
        if (unknown.Count > 0)
            return [.. unknown.Select(name => $"There is no option '{name}'{Meant(name, Options(parsed.CommandResult))}")];
        if (parsed.UnmatchedTokens is [var word, ..] && parsed.CommandResult.Command.Subcommands.Count > 0
            && Meant(word, parsed.CommandResult.Command.Subcommands.Select(command => command.Name)) is { Length: > 1 } meant)
            return [$"There is no verb '{word}'{meant}"];
        return [.. parsed.Errors.Select(problem => InWords(problem.Message))];
    }

    /// <summary>A value of the wrong kind, without the name of a type of the runtime.</summary>
    private static string InWords(string message)
    {
        if (WrongKind().Match(message) is not { Success: true } wrong)
            return message;
        var kind = wrong.Groups["type"].Value switch
        {
            "Int32" or "Int64" => " is not a whole number.",
            "Double" or "Decimal" => " is not a number.",
            "Boolean" => " is neither true nor false.",
            _ => " cannot be used here.",
        };
        return $"{wrong.Groups["of"].Value}: '{wrong.Groups["value"].Value}'{kind}";
    }

    /// <summary>
    /// The words that look like options but are none. The library takes <c>--jsn</c> as the value of an optional argument: without this,
    /// <c>check --jsn</c> would look for a provider of that name, and <c>chat --strem</c> would send the word to a model.
    /// </summary>
    private static List<string> UnknownOptions(ParseResult parsed) =>
    [
        .. parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
            .Where(token => token.Type == TokenType.Argument && Option().IsMatch(token.Value))
            .Select(token => token.Value.Split('=')[0]).Distinct(StringComparer.Ordinal),
    ];

    private static string Meant(string word, IEnumerable<string> known) =>
        NearNames.Find(word, known, most: 1) is [var nearest] ? $"; did you mean '{nearest}'?" : ".";

    private static IEnumerable<string> Options(CommandResult result)
    {
        for (SymbolResult? each = result; each is not null; each = each.Parent)
        {
            foreach (var option in each is CommandResult command ? command.Command.Options : [])
            {
                if (option.Recursive || each == result)
                    yield return option.Name;
            }
        }
    }

    [GeneratedRegex(
        @"^Cannot parse argument '(?<value>.*)' for (?:option|command) '(?<of>[^']+)' as expected type '"
            + @".*?System\.(?<type>[A-Z][a-z]+[0-9]*)\]*'\.?$",
        RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex WrongKind();

    // A message to a model may begin with hyphens, but is rarely one lowercase word then; after `--` every word is taken as it is.
    [GeneratedRegex("^--[a-z][a-z-]*(?:=.*)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Option();
}
