import t from 'tap'
import { decryptVault, encryptVault, isVaultText, parseVault, VaultFormatError } from '../../../runner/value/vault-format.ts'

const PASSWORD = 'päss'

/** What ansible-core 2.14 wrote with this password. */
const RECORDED = [
  {
    plain: 'hello\n',
    id: undefined,
    salt: '0123456789abcdef',
    text: [
      '$ANSIBLE_VAULT;1.1;AES256',
      '33303331333233333334333533363337333833393631363236333634363536360a62366534616462',
      '61353333306163376266616563386662353530376165646536643464373934633730633137396438',
      '66643134613666376265333639363831620a64336135303038303464636134376265326137373162',
      '31373439306365393436',
      '',
    ],
  },
  {
    plain: 'üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü',
    id: 'prod',
    salt: 'salt',
    text: [
      '$ANSIBLE_VAULT;1.2;AES256;prod',
      '37333631366337340a30393761616136646133646638313335353436656130306538333731343731',
      '3262336666646239313638373735373532333364646561396438653561316435360a363464613833',
      '38343133346635636164626333643462613439326434623163636539643734616331633838373633',
      '37663066613630623039316535326132393834326362626636353433393537383230373130306431',
      '32653862346566376665343764343966623531393463613663363831303836623766366631633763',
      '34646433613837363563323632613262623163663436316163346539333533313431343938333863',
      '3730623334613932323035333566663735366537633037663332',
      '',
    ],
  },
  {
    plain: '',
    id: undefined,
    salt: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    text: [
      '$ANSIBLE_VAULT;1.1;AES256',
      '37383738373837383738373837383738373837383738373837383738373837383738373837383738',
      '3738373837383738373837383738373837383738373837380a323534643033383239636236316666',
      '61333562356563343037666262316239343635313762363064636339316564383338373132346633',
      '6364653562663037360a646439663732373239623662383366303861373230363533666133666466',
      '3032',
      '',
    ],
  },
  {
    plain: '0123456789abcdef',
    id: 'default',
    salt: 'a',
    text: [
      '$ANSIBLE_VAULT;1.1;AES256',
      '36310a35636661373364373237656362653939303937633832643263623935633064393266396466',
      '6438393562336266313763383032356663323362643261656365300a343532363038383664613766',
      '63316631656234323566666565383366656561386630396366316463323061346332376666373234',
      '666665666231643966326237',
      '',
    ],
  },
]

t.test('the text is the same as Ansible writes, and is read again', async (t) => {
  for (const { plain, id, salt, text } of RECORDED) {
    const written = text.join('\n')
    t.equal(encryptVault(plain, PASSWORD, { id, salt: Buffer.from(salt) }), written)
    t.equal(decryptVault(written, PASSWORD)?.toString('utf8'), plain)
    t.equal(parseVault(written).id, id ?? 'default')
    t.ok(isVaultText(written))
  }
})

t.test('a salt of its own each time, and bytes that are no text', async (t) => {
  const bytes = Buffer.from([0, 255, 10, 128])
  const [one, other] = [encryptVault(bytes, 'x'), encryptVault(bytes, 'x')]
  t.not(one, other)
  t.same(decryptVault(one, 'x'), bytes)
  t.same(decryptVault(other.replaceAll('\n', '\r\n'), Buffer.from('x')), bytes)
})

t.test('a wrong password gives nothing', async (t) => {
  t.equal(decryptVault(RECORDED[0]!.text.join('\n'), 'pass'), undefined)
})

t.test('what is no vault is refused', async (t) => {
  const texts = ['', 'text', '$ANSIBLE_VAULT;1.0;AES\n00', '$ANSIBLE_VAULT;1.1;AES\n00', '$ANSIBLE_VAULT;1.1;AES256\nxy', '$ANSIBLE_VAULT;1.1;AES256\n00']
  for (const text of texts) t.throws(() => parseVault(text), VaultFormatError, text)
  t.notOk(isVaultText('text'))
})
