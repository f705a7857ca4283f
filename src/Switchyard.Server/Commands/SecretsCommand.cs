using System.CommandLine;
using Switchyard.Cloud.Secrets;
using Switchyard.Secrets;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard secrets</c>: the file of secrets on this machine.</summary>
internal static class SecretsCommand
{
    private static readonly Argument<string> s_name =
        new("name") { Description = "The secret's name, for example provider:openai:apiKey." };

    public static Command Create(ConfigurationChecks checks) => new Command(
        "secrets",
        "Stores secrets in a file on this machine: secrets.file, or LOCAL_SECRETS_PATH. With LOCAL_SECRETS_PASSPHRASE it is encrypted.")
    {
        Set(checks), Get(checks), Delete(checks), List(checks), Encrypt(checks),
    };

    private static Command Set(ConfigurationChecks checks)
    {
        var command = new Command(
            "set", "Stores a secret that is read from standard input: an argument would stay in the shell's history.")
        {
            s_name,
        };
        return WithFile(command, checks, async (file, parsed, cancellationToken) =>
        {
            if (!Console.IsInputRedirected)
                await parsed.InvocationConfiguration.Error.WriteAsync("The secret, then Enter: ");
            // A typed key is one line; a certificate or a JSON object is piped in and read whole.
            var value = Console.IsInputRedirected
                ? await Console.In.ReadToEndAsync(cancellationToken)
                : await Console.In.ReadLineAsync(cancellationToken);
            if (string.IsNullOrWhiteSpace(value))
                throw new SecretStoreException("There is no secret on standard input: `echo \"$KEY\" | switchyard secrets set NAME`.");
            await file.SetAsync(parsed.GetRequiredValue(s_name), value.Trim(), cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync($"{parsed.GetRequiredValue(s_name)} is stored");
            return ExitCode.Ok;
        });
    }

    private static Command Get(ConfigurationChecks checks)
    {
        var masked = new Option<bool>("--masked") { Description = "Only show whether it is set." };
        return WithFile(new Command("get", "Prints a secret.") { s_name, masked }, checks, async (file, parsed, cancellationToken) =>
        {
            var name = parsed.GetRequiredValue(s_name);
            var value = await file.GetAsync(name, cancellationToken);
            var isMasked = parsed.GetValue(masked);
            // Not on the standard output, where a script would take the message for the secret.
            if (value is null && !isMasked)
                throw Unknown(name);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(!isMasked ? value : value is null ? "not set" : "set");
            return value is null ? ExitCode.Failure : ExitCode.Ok;
        });
    }

    private static Command Delete(ConfigurationChecks checks) => WithFile(
        new Command("delete", "Removes a secret.") { s_name },
        checks,
        async (file, parsed, cancellationToken) =>
        {
            var name = parsed.GetRequiredValue(s_name);
            // Otherwise a mistyped name looks deleted, and the secret stays.
            if (!(await file.ListAsync(cancellationToken)).Contains(name, StringComparer.Ordinal))
                throw Unknown(name);
            await file.DeleteAsync(name, cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync($"{name} is deleted");
            return ExitCode.Ok;
        });

    private static SecretStoreException Unknown(string name) =>
        new($"There is no secret '{name}': `switchyard secrets list` lists the names.");

    private static Command List(ConfigurationChecks checks) => WithFile(
        new Command("list", "Lists the names of the secrets."),
        checks,
        async (file, parsed, cancellationToken) =>
        {
            foreach (var name in await file.ListAsync(cancellationToken))
                await parsed.InvocationConfiguration.Output.WriteLineAsync(name);
            return ExitCode.Ok;
        });

    private static Command Encrypt(ConfigurationChecks checks) => WithFile(
        new Command("encrypt", "Encrypts a plain-text file with LOCAL_SECRETS_PASSPHRASE."),
        checks,
        async (file, parsed, cancellationToken) =>
        {
            var passphrase = file.Passphrase ?? throw new SecretStoreException("There is no passphrase: set LOCAL_SECRETS_PASSPHRASE.");
            await file.Store.EncryptAsync(passphrase, cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync("the file is encrypted");
            return ExitCode.Ok;
        },
        isPlain: true);

    private static Command WithFile(
        Command command, ConfigurationChecks checks, Func<LocalFileSecretStore, ParseResult, CancellationToken, Task<int>> run) =>
        WithFile(command, checks, (opened, parsed, cancellationToken) => run(opened.Store, parsed, cancellationToken), isPlain: false);

    private static Command WithFile(
        Command command, ConfigurationChecks checks, Func<OpenedSecrets, ParseResult, CancellationToken, Task<int>> run, bool isPlain)
    {
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (ConfigurationArguments.Load(parsed, checks) is not { } options)
                return ExitCode.Failure;
            using var opened = OpenedSecrets.Of(options, isPlain);
            return await run(opened, parsed, cancellationToken);
        });
        return command;
    }
}
