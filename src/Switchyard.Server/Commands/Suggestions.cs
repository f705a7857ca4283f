using System.CommandLine;
using System.CommandLine.Completions;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Loading;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary>
/// Completions for a shell. It asks as <c>dotnet-suggest</c> does, <c>switchyard "[suggest:12]" "switchyard ch"</c>, and gets one word per
/// line. Without a number the cursor is at the end.
/// </summary>
internal static class Suggestions
{
    private const string Directive = "[suggest";

    /// <summary>Answers a shell's completion request.</summary>
    /// <returns>Whether the arguments were such a request.</returns>
    public static bool TryAnswer(Command command, IReadOnlyList<string> arguments, TextWriter output)
    {
        if (arguments is not [var question, var line] || !question.StartsWith(Directive, StringComparison.Ordinal)
            || question[Directive.Length..] is not ([':', .., ']'] or "]"))
            return false;
        var number = question[Directive.Length..].Trim(':', ']');
        var cursor = int.TryParse(number, out var position) ? Math.Clamp(position, 0, line.Length) : line.Length;
        foreach (var word in Of(command, line[..cursor]))
            output.WriteLine(word);
        return true;
    }

    /// <summary>The words that complete a line. Its first word is the program, whose name is not checked.</summary>
    public static IEnumerable<string> Of(Command command, string line)
    {
        var typed = line.TrimStart();
        var end = typed.IndexOf(' ', StringComparison.Ordinal);
        if (end < 0)
            return [];
        var text = typed[end..].TrimStart();
        var begun = text[(text.LastIndexOf(' ') + 1)..];
        var kept = "";
        if (begun.StartsWith("--", StringComparison.Ordinal) && begun.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
        {
            // The library completes an option's value only as a separate word.
            (kept, text) = (begun[..(equals + 1)], $"{text[..^begun.Length]}{begun[..equals]} {begun[(equals + 1)..]}");
            begun = begun[(equals + 1)..];
        }

        // The library offers words that contain the text; a shell takes those that begin with it. Options need a leading hyphen.
        return command.Parse(text).GetCompletions(text.Length).Select(item => item.InsertText ?? item.Label)
            .Where(word => word.StartsWith(begun, StringComparison.OrdinalIgnoreCase)
                && (begun.StartsWith('-') || !word.StartsWith('-')) && word is not ("-?" or "-h" or "/?" or "/h"))
            .Distinct().Select(word => kept + word);
    }

    /// <summary>The aliases of the configuration, and the models that it lists for providers.</summary>
    public static Func<CompletionContext, IEnumerable<CompletionItem>> Models(ConfigurationChecks checks) => context =>
        Items(checks, context, options => options.Models.Keys.Concat(options.Providers.SelectMany(
            provider => provider.Value.Models.Select(model => $"{provider.Key}/{model}"))));

    /// <summary>The providers of the configuration, and those that the environment enables.</summary>
    public static Func<CompletionContext, IEnumerable<CompletionItem>> Providers(ConfigurationChecks checks) => context =>
        Items(checks, context, options => ProviderTable.EnabledOf(options).Select(provider => provider.Name));

    /// <summary>The settings, and after a setting's <c>=</c> its known values.</summary>
    public static IEnumerable<CompletionItem> Settings(CompletionContext context)
    {
        var word = context.WordToComplete;
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            return Keys(OptionShape.Root, "").Select(key => new CompletionItem(key));
        var key = word[..equals];
        return OptionPath.Find(key.Replace('.', ':')) is { } path
            ? path.Property.KnownValues.Select(value => new CompletionItem($"{key}={value}"))
            : [];
    }

    private static IEnumerable<string> Keys(OptionShape shape, string path) => shape.Properties.SelectMany(property =>
        property.Shape.Kind == OptionKind.Object
            ? Keys(property.Shape, $"{path}{property.Name}.").Prepend(path + property.Name)
            : [path + property.Name]);

    private static IEnumerable<CompletionItem> Items(
        ConfigurationChecks checks, CompletionContext context, Func<SwitchyardOptions, IEnumerable<string>> names) =>
        ConfigurationLoader.Load(ConfigurationArguments.Request(context.ParseResult, checks)).Options is { } options
            ? names(options).Select(name => new CompletionItem(name))
            : [];
}
